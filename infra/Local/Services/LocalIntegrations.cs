using System.Globalization;
using Limpid.Local.StateMachines;
using Limpid.Local.Steps;

namespace Limpid.Local.Services;

/// <summary>
/// What tasks can call on one machine, with the answers and errors that AWS gives: functions, messages (SNS, SQS, EventBridge), mails
/// (SES), items of tables (DynamoDB), objects (S3), and the activity that rebuilds derived tables. Optimized integrations and those of the SDK word answers and errors differently.
/// </summary>
internal sealed class LocalIntegrations(FunctionTasks functions, MessageTasks messages, MailTasks mails, TableTasks tables, ObjectTasks objects, StepActivity steps, TimeProvider time) : ITaskIntegrations
{
    private const string Sdk = "aws-sdk:";

    private static readonly HashSet<string> Known =
    [
        "sns:publish", "sqs:sendMessage", "events:putEvents", "dynamodb:getItem", "dynamodb:putItem", "dynamodb:updateItem", "dynamodb:deleteItem",
        "aws-sdk:sns:publish", "aws-sdk:sqs:sendMessage", "aws-sdk:eventbridge:putEvents", "aws-sdk:ses:sendEmail", "aws-sdk:sesv2:sendEmail",
        "aws-sdk:dynamodb:getItem", "aws-sdk:dynamodb:putItem", "aws-sdk:dynamodb:updateItem", "aws-sdk:dynamodb:deleteItem",
        "aws-sdk:s3:getObject", "aws-sdk:s3:putObject",
    ];

    /// <summary>What Limpid's own state machines call and nothing on one machine stands in for: a task that names it is taken, and fails.</summary>
    private static readonly HashSet<string> CloudOnly = ["athena:startQueryExecution", "glue:startJobRun", "aws-sdk:glue:getPartition"];

    /// <summary>Whether a task may name it here. A callback can be waited for wherever AWS allows it: everywhere but in optimized DynamoDB.</summary>
    public static bool Supports(TaskResource resource) => StateMachineDefinition.Supports(resource) || StepActivity.Serves(resource) || Known.Contains(resource.Integration) && resource.Pattern switch
    {
        TaskPattern.RequestResponse => true,
        TaskPattern.WaitForTaskToken => resource.Service != "dynamodb",
        _ => false,
    } || CloudOnly.Contains(resource.Integration) && resource.Pattern is TaskPattern.RequestResponse or TaskPattern.Sync;

    public async Task<TaskResult> CallAsync(TaskCall call, CancellationToken cancellation)
    {
        TaskResource resource = call.Resource;
        if (CloudOnly.Contains(resource.Integration))
            return TaskResult.Failure("Limpid.CloudOnly", $"{resource.Integration} is not on one machine; try the state machine with --answers");
        if (StepActivity.Serves(resource))
            return await steps.CallAsync(call, cancellation);
        if (!Known.Contains(resource.Integration))
            return await functions.CallAsync(call, cancellation);
        bool isSdk = resource.Service.StartsWith(Sdk, StringComparison.Ordinal);
        string service = isSdk ? resource.Service[Sdk.Length..] : resource.Service;
        try
        {
            JsonData body = await AskAsync(service, resource.Action, isSdk, call, cancellation);
            if (service is "events" && body.Get("FailedEntryCount")!.Text != "0")
                return TaskResult.Failure("EventBridge.FailedEntry", body.ToString());
            return TaskResult.Success(isSdk || service is "events" ? body : AwsResponse.Of(body, call.Origin, time.GetUtcNow(), service is "sns" ? "text/xml" : "application/x-amz-json-1.0"));
        }
        catch (ServiceException refused)
        {
            return isSdk ? OfSdk(service, refused, call.Origin) : OfOptimized(service, refused, call.Origin);
        }
    }

    private Task<JsonData> AskAsync(string service, string action, bool isSdk, TaskCall call, CancellationToken cancellation) => service switch
    {
        "sns" => messages.PublishAsync(call, cancellation),
        "sqs" => messages.SendAsync(call, cancellation),
        "events" or "eventbridge" => messages.PutEventsAsync(call, isSdk, cancellation),
        "ses" or "sesv2" => mails.SendAsync(call, cancellation),
        "s3" => action == "getObject" ? objects.GetAsync(call, cancellation) : objects.PutAsync(call, cancellation),
        _ => tables.CallAsync(action, call, cancellation),
    };

    private static TaskResult OfOptimized(string service, ServiceException refused, TaskOrigin origin)
    {
        (string prefix, string name) = service switch
        {
            "dynamodb" => ("DynamoDB", "AmazonDynamoDBv2"),
            "sqs" => ("SQS", "AmazonSQS"),
            "sns" => ("SNS", "AmazonSNS"),
            _ => ("EventBridge", "AmazonEventBridge"),
        };
        string error = refused.IsModeled ? ExceptionOf(refused.Code) : $"Amazon{prefix}Exception";
        return TaskResult.Failure($"{prefix}.{error}", AwsResponse.Cause(refused.Message, name, refused.Status, refused.Code, origin));
    }

    private static TaskResult OfSdk(string service, ServiceException refused, TaskOrigin origin)
    {
        string prefix = service switch
        {
            "dynamodb" => "DynamoDb",
            "sqs" => "Sqs",
            "sns" => "Sns",
            "ses" => "Ses",
            "sesv2" => "SesV2",
            "s3" => "S3",
            _ => "EventBridge",
        };
        string error = refused.IsModeled ? ExceptionOf(refused.Code) : prefix + "Exception";
        return TaskResult.Failure($"{prefix}.{error}",
            string.Create(CultureInfo.InvariantCulture, $"{refused.Message} (Service: {prefix}, Status Code: {refused.Status}, Request ID: {AwsResponse.RequestId(origin)})"));
    }

    private static string ExceptionOf(string code) => code.EndsWith("Exception", StringComparison.Ordinal) ? code : code + "Exception";
}
