using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Limpid.Local.StateMachines;

/// <summary>An intrinsic function was given what it doesn't take.</summary>
internal sealed class IntrinsicException(string message) : Exception(message)
{
    /// <summary>Whether an argument's path led nowhere, which is an error of another name.</summary>
    public bool Missing { get; init; }
}

/// <summary>The intrinsic functions of the States Language.</summary>
internal static class Intrinsics
{
    /// <summary>The most characters that base64 and hashing take.</summary>
    private const int MaxText = 10_000;

    private const int MaxRange = 1_000;

    public static IReadOnlyDictionary<string, (int Min, int Max)> Arities { get; } = new Dictionary<string, (int, int)>
    {
        ["States.Format"] = (1, int.MaxValue),
        ["States.StringToJson"] = (1, 1),
        ["States.JsonToString"] = (1, 1),
        ["States.Array"] = (0, int.MaxValue),
        ["States.ArrayPartition"] = (2, 2),
        ["States.ArrayContains"] = (2, 2),
        ["States.ArrayRange"] = (3, 3),
        ["States.ArrayGetItem"] = (2, 2),
        ["States.ArrayLength"] = (1, 1),
        ["States.ArrayUnique"] = (1, 1),
        ["States.Base64Encode"] = (1, 1),
        ["States.Base64Decode"] = (1, 1),
        ["States.Hash"] = (2, 2),
        ["States.JsonMerge"] = (3, 3),
        ["States.MathRandom"] = (2, 3),
        ["States.MathAdd"] = (2, 2),
        ["States.StringSplit"] = (2, 2),
        ["States.UUID"] = (0, 0),
    };

    /// <exception cref="IntrinsicException">The arguments are not what the function takes.</exception>
    public static JsonData Call(string function, IReadOnlyList<JsonData> arguments, Random chance)
    {
        return function switch
        {
            "States.Format" => Format(arguments),
            "States.StringToJson" => StringToJson(Text(arguments, 0)),
            "States.JsonToString" => JsonData.Of(arguments[0].ToString()),
            "States.Array" => JsonData.Array(arguments),
            "States.ArrayPartition" => Partition(Items(arguments, 0), Integer(arguments, 1)),
            "States.ArrayContains" => JsonData.Of(Items(arguments, 0).Contains(arguments[1])),
            "States.ArrayRange" => Range(Integer(arguments, 0), Integer(arguments, 1), Integer(arguments, 2)),
            "States.ArrayGetItem" => GetItem(Items(arguments, 0), Integer(arguments, 1)),
            "States.ArrayLength" => JsonData.Of(Items(arguments, 0).Count),
            "States.ArrayUnique" => JsonData.Array([.. Items(arguments, 0).Distinct()]),
            "States.Base64Encode" => JsonData.Of(Convert.ToBase64String(Encoding.UTF8.GetBytes(Limited(arguments, 0)))),
            "States.Base64Decode" => Base64Decode(Limited(arguments, 0)),
            "States.Hash" => Hash(arguments[0], Text(arguments, 1)),
            "States.JsonMerge" => Merge(arguments),
            "States.MathRandom" => Between(arguments, chance),
            "States.MathAdd" => JsonData.Of(unchecked((int)(Integer(arguments, 0) + Integer(arguments, 1)))),
            "States.StringSplit" => Split(Text(arguments, 0), Text(arguments, 1)),
            "States.UUID" => Uuid(chance),
            _ => throw new IntrinsicException($"{function} is not known."),
        };
    }

    /// <summary>Whether a backslash before this character is an escape.</summary>
    public static bool IsEscaped(char c) => c is '\'' or '{' or '}' or '\\';

    private static JsonData Format(IReadOnlyList<JsonData> arguments)
    {
        string template = Text(arguments, 0);
        var result = new StringBuilder();
        int next = 1;
        for (int i = 0; i < template.Length; i++)
        {
            if (template[i] == '{' && i + 1 < template.Length && template[i + 1] == '}')
            {
                if (next == arguments.Count)
                    throw new IntrinsicException("There are more {} in the template than arguments.");
                result.Append(Printed(arguments[next++]));
                i++;
            }
            else
            {
                if (template[i] == '\\' && i + 1 < template.Length && IsEscaped(template[i + 1]))
                    i++;
                result.Append(template[i]);
            }
        }
        if (next != arguments.Count)
            throw new IntrinsicException("There are more arguments than {} in the template.");
        return JsonData.Of(result.ToString());
    }

    private static string Shown(JsonData value) => value.Kind == JsonValueKind.String ? value.Text : value.ToString();

    /// <summary>As the service prints values into text: objects and arrays in its own way, not as JSON.</summary>
    private static string Printed(JsonData value) => value.Kind switch
    {
        JsonValueKind.Object => $"{{{string.Join(", ", value.Members.Select(m => $"{m.Key}={Printed(m.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(", ", value.Items.Select(Printed))}]",
        _ => Shown(value),
    };

    private static JsonData StringToJson(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return JsonData.Null;
        return JsonData.TryParse(text, out JsonData? value) ? value : throw new IntrinsicException("The argument is no JSON text.");
    }

    private static JsonData Partition(IReadOnlyList<JsonData> items, long size)
    {
        if (size < 1)
            throw new IntrinsicException("The size of a chunk must be a positive integer.");
        return JsonData.Array([.. items.Chunk((int)Math.Min(size, int.MaxValue)).Select(c => JsonData.Array(c))]);
    }

    private static JsonData Range(long first, long last, long step)
    {
        if (step == 0)
            throw new IntrinsicException("The step must not be 0.");
        long count = Math.Max(0, (last - first) / step + 1);
        if (count > 0 && (last - first) / (double)step < 0)
            count = 0;
        if (count > MaxRange)
            throw new IntrinsicException($"A range has {MaxRange} elements at most.");
        return JsonData.Array([.. Enumerable.Range(0, (int)count).Select(i => JsonData.Of(first + i * step))]);
    }

    private static JsonData GetItem(IReadOnlyList<JsonData> items, long index) =>
        index >= 0 && index < items.Count ? items[(int)index] : throw new IntrinsicException("The index is outside of the array.");

    private static JsonData Base64Decode(string text)
    {
        try
        {
            return JsonData.Of(Encoding.UTF8.GetString(Convert.FromBase64String(text)));
        }
        catch (FormatException)
        {
            throw new IntrinsicException("The argument is no base64 text.");
        }
    }

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "States.Hash names the algorithm; nothing is protected by it.")]
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "States.Hash names the algorithm; nothing is protected by it.")]
    private static JsonData Hash(JsonData data, string algorithm)
    {
        string text = Shown(data);
        if (text.Length > MaxText)
            throw new IntrinsicException($"The data has {MaxText} characters at most.");
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] hash = algorithm switch
        {
            "MD5" => MD5.HashData(bytes),
            "SHA-1" => SHA1.HashData(bytes),
            "SHA-256" => SHA256.HashData(bytes),
            "SHA-384" => SHA384.HashData(bytes),
            "SHA-512" => SHA512.HashData(bytes),
            _ => throw new IntrinsicException("The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384 and SHA-512."),
        };
        return JsonData.Of(Convert.ToHexStringLower(hash));
    }

    private static JsonData Merge(IReadOnlyList<JsonData> arguments)
    {
        if (arguments[0].Kind != JsonValueKind.Object || arguments[1].Kind != JsonValueKind.Object)
            throw new IntrinsicException("The first two arguments must be objects.");
        if (arguments[2].Kind != JsonValueKind.False)
            throw new IntrinsicException("Only shallow merging is supported: the third argument must be false.");
        return JsonData.Object(arguments[0].Members.Concat(arguments[1].Members));
    }

    private static JsonData Between(IReadOnlyList<JsonData> arguments, Random chance)
    {
        long from = Integer(arguments, 0);
        long to = Integer(arguments, 1);
        if (from >= to)
            throw new IntrinsicException("The start must be less than the end.");
        Random random = arguments.Count == 3 ? new((int)Integer(arguments, 2)) : chance;
        return JsonData.Of(random.NextInt64(from, to));
    }

    private static JsonData Split(string text, string separators)
    {
        if (separators.Length == 0)
            return JsonData.Array([JsonData.Of(text)]);
        return JsonData.Array([.. text.Split(separators.ToCharArray(), StringSplitOptions.RemoveEmptyEntries).Select(JsonData.Of)]);
    }

    private static JsonData Uuid(Random chance)
    {
        Span<byte> bytes = stackalloc byte[16];
        chance.NextBytes(bytes);
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x40);
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return JsonData.Of(new Guid(bytes, bigEndian: true).ToString());
    }

    private static string Text(IReadOnlyList<JsonData> arguments, int at) => arguments[at].Kind == JsonValueKind.String
        ? arguments[at].Text
        : throw new IntrinsicException($"Argument {at + 1} must be a string.");

    private static string Limited(IReadOnlyList<JsonData> arguments, int at) => Text(arguments, at) is { Length: <= MaxText } text
        ? text
        : throw new IntrinsicException($"Argument {at + 1} has {MaxText} characters at most.");

    private static IReadOnlyList<JsonData> Items(IReadOnlyList<JsonData> arguments, int at) => arguments[at].Kind == JsonValueKind.Array
        ? arguments[at].Items
        : throw new IntrinsicException($"Argument {at + 1} must be an array.");

    /// <summary>A number rounded to the next integer, as the service does with numbers that are none.</summary>
    private static long Integer(IReadOnlyList<JsonData> arguments, int at)
    {
        if (arguments[at].TryInteger(out long value))
            return value;
        if (arguments[at].Kind == JsonValueKind.Number && Math.Abs(arguments[at].Double()) < int.MaxValue)
            return (long)Math.Floor(arguments[at].Double() + 0.5);
        throw new IntrinsicException($"Argument {at + 1} must be an integer: {arguments[at].Kind.ToString().ToLower(CultureInfo.InvariantCulture)}.");
    }
}
