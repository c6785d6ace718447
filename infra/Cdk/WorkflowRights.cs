using Amazon.CDK.AWS.IAM;
using Limpid.Functions.Refresh;

namespace Limpid.Infra;

/// <summary>What a state machine's role may do: call what its definition names, and write its log.</summary>
internal sealed class WorkflowRights(WorkflowsProps props)
{
    public IEnumerable<PolicyStatement> Of(string name, string definition, string[] placeholders)
    {
        string[] functions = [.. placeholders.Where(props.Functions.ContainsKey).Select(p => props.Functions[p].Lambda.FunctionArn)];
        yield return Rights.Allow("CallItsFunctions", ["lambda:InvokeFunction"], functions);

        string[] nested = [.. placeholders.Select(Workflows.StateMachineOf).OfType<string>()];
        if (nested.Length > 0)
        {
            // "IAM policies for integrated services", Step Functions, run a job (.sync): EventBridge's rule tells when it is over.
            yield return Rights.Allow("StartNested", ["states:StartExecution"], [.. nested.Select(props.Places.StateMachine)]);
            yield return Rights.Allow("FollowNested", ["states:DescribeExecution", "states:StopExecution"], [.. nested.Select(props.Places.Executions)]);
            yield return Rights.Allow("HearOfNested", ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                [Arns.Here("events", "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")]);
        }
        if (placeholders.Contains("OperatorsTopic"))
        {
            yield return Rights.Allow("TellOperators", ["sns:Publish"], [props.OperatorsTopic]);
            yield return Rights.Allow("UseTheKeyOfTheTopic", ["kms:Decrypt", "kms:GenerateDataKey"], [props.Places.DataKey], Rights.Via("sns"));
        }
        if (definition.Contains("events:putEvents", StringComparison.Ordinal))
            yield return Rights.Allow("SaySo", ["events:PutEvents"], [Arns.Here("events", "event-bus/default")]);
        foreach (PolicyStatement statement in new AthenaRights(props.Deployment, props.Places).Of(AthenaUse.Of(props.Deployment.Lake, name)))
            yield return statement;
        if (name == RefreshRuns.StateMachine)
        {
            foreach (PolicyStatement statement in new TableRights(props.Deployment, props.Places).OfSteps())
                yield return statement;
        }
        // "IAM policies for using Distributed Map states": items are executions of the same state machine. RedriveExecution is left out:
        // redriving an execution that failed does not run the items of its Maps again, and a fresh start, which takes up only what is left, does.
        if (definition.Contains("\"DISTRIBUTED\"", StringComparison.Ordinal))
        {
            yield return Rights.Allow("StartItems", ["states:StartExecution"], [props.Places.StateMachine(name)]);
            yield return Rights.Allow("FollowItems", ["states:DescribeExecution", "states:StopExecution"], [$"{props.Places.Executions(name)}"]);
            yield return Rights.Allow("ReadItems", ["s3:GetObject"], [$"{props.Places.EvidenceBucket}/plans/*"]);
            yield return Rights.Allow("WriteResults", ["s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"], [$"{props.Places.EvidenceBucket}/maps/*"]);
            yield return Rights.Allow("UseTheKeyForThem", ["kms:Decrypt", "kms:GenerateDataKey"], [props.Places.DataKey], Rights.Via("s3"));
        }
        // "Logging using CloudWatch Logs": these know no resource.
        yield return Rights.Allow("WriteItsLog",
            ["logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
                "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"], ["*"]);
        if (props.Deployment.IsTraced)
            yield return Rights.Allow("Trace", ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"], ["*"]);
    }
}
