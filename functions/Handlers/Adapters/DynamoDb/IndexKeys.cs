using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Adapters.DynamoDb;

/// <summary>One object version as the index's keys name it.</summary>
/// <param name="Id">A digest of both: names of objects may be longer than a sort key.</param>
internal sealed record VersionName(string Object, string Version, string Id)
{
    public static VersionName Of(string objectId, string version) =>
        new(objectId, version, Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{objectId}\n{version}"))));
}

/// <summary>One writing of one generation's entries.</summary>
internal sealed record Attempt(long Generation, string Id);

/// <summary>
/// Where everything of the index stands in its table. What many write to at once is spread over sixteen partitions, by the object:
/// one partition takes about 1,000 writes a second, and one person may be in every object of a lake.
/// </summary>
/// <remarks>
/// <code>
/// o/{object}            r/{version}                           the record
/// o/{object}            a/{version}/{generation}              which attempt counts, and which are under way
/// o/{object}            a/{version}/{generation}/{attempt}    whom an attempt names, so that it can be removed
/// s/{subject}/{shard}   {id}/{generation}/{attempt}           an entry: a person's rows in one object version
/// d/{dataset}/{shard}   {id}                                  that a dataset has this record
/// p/{shard}             {id}                                  that this object version is or was packed
/// </code>
/// </remarks>
internal static class IndexKeys
{
    public const int Shards = 16;

    private const int GenerationLength = 16;

    public static string ObjectPk(string objectId) => "o/" + objectId;

    public static string RecordSk(string version) => "r/" + version;

    public static string AttemptsPrefix(string version) => $"a/{version}/";

    public static string HeadSk(string version, long generation) => $"a/{version}/{Hex(generation)}";

    public static string AttemptSk(string version, Attempt attempt) => $"{HeadSk(version, attempt.Generation)}/{attempt.Id}";

    /// <summary>Null for what belongs to another version, whose id begins with this one's and a slash. Without an id: the head.</summary>
    public static Attempt? AttemptOf(string version, string sk)
    {
        string[] parts = sk[AttemptsPrefix(version).Length..].Split('/');
        return parts.Length <= 2 && parts[0].Length == GenerationLength && long.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long generation)
            ? new Attempt(generation, parts.Length == 2 ? parts[1] : "")
            : null;
    }

    public static string SubjectPk(SubjectKey subject, int shard) => $"s/{subject}/{shard:x}";

    public static string EntrySk(VersionName name, Attempt attempt) => $"{name.Id}/{Hex(attempt.Generation)}/{attempt.Id}";

    public static (string Id, Attempt Attempt) EntryOf(string sk)
    {
        string[] parts = sk.Split('/');
        return (parts[0], new Attempt(long.Parse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), parts[2]));
    }

    public static string DatasetPk(string dataset, int shard) => $"d/{dataset}/{shard:x}";

    public static string PackedPk(int shard) => $"p/{shard:x}";

    public static int ShardOf(VersionName name) => name.Id[0] % Shards;

    private static string Hex(long generation) => generation.ToString("x16", CultureInfo.InvariantCulture);
}
