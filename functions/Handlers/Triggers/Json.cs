using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Amazon.Lambda.Serialization.SystemTextJson;

namespace Limpid.Functions.Triggers;

/// <summary>Reading what came from outside: what is not of the right shape is one named error, which quotes nothing of it.</summary>
internal static class Json
{
    /// <exception cref="BadEventException">The event is not of the function's shape.</exception>
    public static T Read<T>(string function, ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new BadEventException(function, "$");
        }
        catch (JsonException bad)
        {
            throw new BadEventException(function, bad.Path ?? "$");
        }
    }

    /// <inheritdoc cref="Read"/>
    public static T Checked<T>(string function, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception bad) when (bad is JsonException or JsonSerializerException)
        {
            throw new BadEventException(function, (bad as JsonException ?? bad.InnerException as JsonException)?.Path ?? "$");
        }
    }
}
