using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>Exceptions as Lambda and X-Ray take them.</summary>
internal static class ExceptionJson
{
    private const int MostBytes = 256 * 1024;
    private const int MostText = 16 * 1024;

    /// <summary><c>errorType</c>, <c>errorMessage</c>, <c>stackTrace</c>, <c>cause</c>, <c>causes</c>; without the less important of these where it would be too large.</summary>
    public static byte[] Body(Exception error)
    {
        byte[] whole = Write(error, nested: true, most: int.MaxValue);
        return whole.Length <= MostBytes ? whole : Write(error, nested: false, most: MostText);
    }

    /// <summary>On one line, in ASCII: it goes into a header.</summary>
    public static string XRayCause(Exception error)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            StackFrame[] frames = new StackTrace(error, true).GetFrames();
            writer.WriteStartObject();
            writer.WriteString("working_directory", Environment.CurrentDirectory);
            writer.WriteStartArray("exceptions");
            writer.WriteStartObject();
            writer.WriteString("type", error.GetType().Name);
            writer.WriteString("message", Cut(error.Message, MostText));
            writer.WriteStartArray("stack");
            foreach (StackFrame frame in frames)
                WriteFrame(writer, frame);
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteStartArray("paths");
            foreach (string path in frames.Select(f => f.GetFileName()).OfType<string>().Distinct())
                writer.WriteStringValue(path);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return Encoding.ASCII.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static void WriteFrame(Utf8JsonWriter writer, StackFrame frame)
    {
        DiagnosticMethodInfo? method = DiagnosticMethodInfo.Create(frame);
        writer.WriteStartObject();
        if (frame.GetFileName() is { } path)
            writer.WriteString("path", path);
        writer.WriteString("label", method is null ? "" : $"{method.DeclaringTypeName}.{method.Name}");
        if (frame.GetFileLineNumber() is > 0 and int line)
            writer.WriteNumber("line", line);
        writer.WriteEndObject();
    }

    private static byte[] Write(Exception error, bool nested, int most)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
            Write(writer, error, nested, most);
        return bytes.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, Exception error, bool nested, int most)
    {
        writer.WriteStartObject();
        writer.WriteString("errorType", error.GetType().Name);
        writer.WriteString("errorMessage", Cut(error.Message, most));
        if (nested)
        {
            if (error.StackTrace is { Length: > 0 } trace)
            {
                writer.WriteStartArray("stackTrace");
                foreach (string line in trace.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                    writer.WriteStringValue(line);
                writer.WriteEndArray();
            }
            if (error.InnerException is { } inner)
            {
                writer.WritePropertyName("cause");
                Write(writer, inner, nested, most);
            }
            if (error is AggregateException { InnerExceptions: var all })
            {
                writer.WriteStartArray("causes");
                foreach (Exception one in all)
                    Write(writer, one, nested, most);
                writer.WriteEndArray();
            }
        }
        writer.WriteEndObject();
    }

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..most];
}
