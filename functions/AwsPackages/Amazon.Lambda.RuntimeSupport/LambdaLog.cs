using System.Globalization;
using System.Text;
using System.Text.Json;
using Amazon.Lambda.Core;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>Lines on standard output, as text or as JSON, each with the id of the request it belongs to.</summary>
internal sealed class LambdaLog(string requestId, string traceId) : ILambdaLogger
{
    private static readonly string[] Short = ["trce", "dbug", "info", "warn", "fail", "crit"];

    private readonly LogLevel _least = Enum.TryParse(LambdaEnvironment.LogLevel, ignoreCase: true, out LogLevel level) ? level
        : LambdaEnvironment.LogLevel.ToUpperInvariant() switch
        {
            "WARN" => LogLevel.Warning,
            "FATAL" => LogLevel.Critical,
            _ => LogLevel.Information,
        };

    public void Log(string message) => Log(LogLevel.Information, message);

    public void LogLine(string message) => Log(LogLevel.Information, message);

    public void Log(LogLevel level, string message)
    {
        if (level < _least)
            return;
        string now = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        Console.Out.WriteLine(LambdaEnvironment.LogsJson ? Json(now, level, message) : $"{now}\t{requestId}\t{Short[(int)level]}\t{message}");
    }

    private string Json(string now, LogLevel level, string message)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteString("timestamp", now);
            writer.WriteString("level", level.ToString());
            if (requestId.Length > 0)
                writer.WriteString("requestId", requestId);
            if (traceId.Length > 0)
                writer.WriteString("traceId", traceId);
            writer.WriteString("message", message);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
