using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>Tasks that start other executions: <c>states:startExecution</c> in its four patterns.</summary>
internal sealed partial class Interpreter
{
    private static JsonData Included { get; } = JsonData.Object(("Included", JsonData.True));

    private void BeginNested(Frame frame, TaskState task, JsonData parameters)
    {
        string machine = Arns.MachineName(parameters.Get("StateMachineArn")?.Text ?? "");
        string name = parameters.Get("Name") is { Kind: JsonValueKind.String } given ? given.Text : Named(frame);
        JsonData? input = parameters.Get("Input") switch
        {
            null => JsonData.EmptyObject,
            { Kind: JsonValueKind.String } text => JsonData.TryParse(text.Text, out JsonData? parsed) ? parsed : null,
            var value => value,
        };
        if (!journal.HasMachine(machine))
        {
            Refuse(frame, "StateMachineDoesNotExist", $"State Machine Does Not Exist: '{parameters.Get("StateMachineArn")?.Text}'");
            return;
        }
        if (ExecutionName.Problem(name) is not null)
        {
            Refuse(frame, "InvalidName", $"Invalid Name: '{name}'");
            return;
        }
        if (input is null)
        {
            Refuse(frame, "InvalidExecutionInput", $"Invalid State Machine Execution Input: '{parameters.Get("Input")!.Text}'");
            return;
        }
        Execution? nested = journal.StartNested(machine, name, input);
        if (nested is null)
        {
            Refuse(frame, "ExecutionAlreadyExists", $"Execution Already Exists: '{Arns.Execution(machine, name)}'");
            return;
        }
        if (executions.TryGetValue(nested.Id, out Execution? open))
            nested = open;
        else if (nested.Status == Execution.Running)
            Adopt(nested);
        JsonData started = AwsResponse.Of(
            JsonData.Object(("ExecutionArn", JsonData.Of(nested.Arn)), ("StartDate", JsonData.Of(nested.Started.ToUnixTimeMilliseconds()))), OriginOf(frame), Now);
        if (task.Resource.Pattern == TaskPattern.RequestResponse)
        {
            EndTask(frame, TaskResult.Success(started));
            return;
        }
        frame.Nested = nested.Id;
        frame.TokenSubmitted = true;
        if (task.Resource.Pattern != TaskPattern.WaitForTaskToken)
        {
            frame.Phase = Phase.Nested;
            AwaitNested(frame);
        }
        SubmittedEvent(frame, task, started);
        if (nested.Status != Execution.Running && frame.Phase == Phase.Nested)
            NestedClosed(frame, nested);
    }

    private void Refuse(Frame frame, string code, string message) => EndTask(frame, TaskResult.Failure(
        $"StepFunctions.{code}Exception", AwsResponse.Cause(message, "AWSStepFunctions", 400, code, OriginOf(frame))));

    /// <summary>A name for a nested execution that was given none: the same if the step is run again.</summary>
    private string Named(Frame frame)
    {
        Span<byte> bytes = stackalloc byte[16];
        On(frame, frame.Input).Chance.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }

    private void AwaitNested(Frame frame)
    {
        if (!waiting.TryGetValue(frame.Nested!.Value, out List<Frame>? others))
            waiting.Add(frame.Nested.Value, others = []);
        others.Add(frame);
    }

    private void NestedClosed(Frame waiting, Execution nested)
    {
        var task = (TaskState)waiting.State;
        bool succeeded = nested.Output is not null;
        // A cause is text, and so is what it tells of the input.
        bool asText = task.Resource.Pattern == TaskPattern.Sync || !succeeded;
        JsonData Payload(JsonData value) => asText ? JsonData.Of(value.ToString()) : value;
        (string, JsonData?)[] members =
        [
            ("Cause", Text(nested.Cause)),
            ("Error", Text(nested.Error)),
            ("ExecutionArn", JsonData.Of(nested.Arn)),
            ("Input", Payload(nested.Input)),
            ("InputDetails", Included),
            ("Name", JsonData.Of(nested.Name)),
            ("Output", succeeded ? Payload(nested.Output!) : null),
            ("OutputDetails", succeeded ? Included : null),
            ("RedriveCount", JsonData.Of(nested.RedriveCount)),
            ("RedriveStatus", JsonData.Of(succeeded ? "NOT_REDRIVABLE" : "REDRIVABLE")),
            ("RedriveStatusReason", succeeded ? JsonData.Of("Execution is SUCCEEDED and cannot be redriven") : null),
            ("StartDate", JsonData.Of(nested.Started.ToUnixTimeMilliseconds())),
            ("StateMachineArn", JsonData.Of(Arns.StateMachine(nested.Definition.Name))),
            ("Status", JsonData.Of(nested.Status)),
            ("StopDate", JsonData.Of((nested.Stopped ?? Now).ToUnixTimeMilliseconds())),
        ];
        JsonData told = JsonData.Object([.. members.Where(m => m.Item2 is not null).Select(m => (m.Item1, m.Item2!))]);
        EndTask(waiting, succeeded ? TaskResult.Success(told) : TaskResult.Failure(StatesErrors.TaskFailed, told.ToString()));
    }
}
