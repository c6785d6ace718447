using System.Globalization;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>The variables that Lambda sets.</summary>
internal static class LambdaEnvironment
{
    /// <summary>Host and port.</summary>
    public static string RuntimeApi => Read("AWS_LAMBDA_RUNTIME_API");

    public static string FunctionName => Read("AWS_LAMBDA_FUNCTION_NAME");

    public static string FunctionVersion => Read("AWS_LAMBDA_FUNCTION_VERSION");

    public static string LogGroupName => Read("AWS_LAMBDA_LOG_GROUP_NAME");

    public static string LogStreamName => Read("AWS_LAMBDA_LOG_STREAM_NAME");

    public static string LogLevel => Read("AWS_LAMBDA_LOG_LEVEL");

    public static bool LogsJson => Read("AWS_LAMBDA_LOG_FORMAT").Equals("JSON", StringComparison.OrdinalIgnoreCase);

    /// <summary>0 where nobody says.</summary>
    public static int MemoryLimitInMB =>
        int.TryParse(Read("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), NumberStyles.None, CultureInfo.InvariantCulture, out int megabytes) ? megabytes : 0;

    private static string Read(string name) => Environment.GetEnvironmentVariable(name) ?? "";
}
