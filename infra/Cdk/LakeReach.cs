using Limpid.Core.Lake;

namespace Limpid.Infra;

/// <summary>A bucket of the lake, and the prefixes in it that are reached.</summary>
internal sealed record LakeBucket(string Name, IReadOnlyList<string> Prefixes);

/// <summary>What of S3 a lake reaches to: whole buckets never, only locations in them.</summary>
internal static class LakeReach
{
    private const string Scheme = "s3://";

    /// <summary>In the order of their names.</summary>
    public static IReadOnlyList<LakeBucket> Buckets(LakeConfig lake) => Grouped(lake.Datasets.Where(d => d.Format != DataFormat.External).Select(d => d.Location));

    /// <summary>Where reference data comes from, in the order of the buckets' names.</summary>
    public static IReadOnlyList<LakeBucket> SourceBuckets(LakeConfig lake) => Grouped((lake.References ?? []).Select(r => r.Source?.Location).OfType<string>().Distinct());

    /// <summary>What derived tables are built of and count the arrivals in, in the order of the buckets' names.</summary>
    public static IReadOnlyList<LakeBucket> ArrivalBuckets(LakeConfig lake) => Grouped(
        (lake.Tables ?? []).Where(t => t.When?.Arrivals is not null).SelectMany(t => t.From)
            .Where(from => lake.TableNamed(from) is null && lake.ReferenceNamed(from) is null).Distinct().Select(from => lake.Named(from)!.Location));

    private static IReadOnlyList<LakeBucket> Grouped(IEnumerable<string> locations) =>
    [
        .. from location in locations
           let place = location[Scheme.Length..]
           let slash = place.IndexOf('/', StringComparison.Ordinal)
           group place[(slash + 1)..] by place[..slash] into bucket
           orderby bucket.Key
           select new LakeBucket(bucket.Key, [.. bucket.Order(StringComparer.Ordinal)]),
    ];

    public static bool HasTags(LakeConfig lake) => lake.Datasets.Any(d => d.Subjects.Any(s => s.Tag is not null));

    /// <summary>Why a lake can't be put up on AWS; null where it can.</summary>
    public static string? WhyNot(LakeConfig lake)
    {
        const int LongestName = 36;
        if (lake.Datasets.FirstOrDefault(d => d.Format != DataFormat.External && !d.Location.StartsWith(Scheme, StringComparison.Ordinal)) is { } local)
            return $"the dataset {local.Name} lies at {local.Location}, which is a folder: on AWS a location is s3://bucket/prefix/";
        foreach (Reference reference in lake.References ?? [])
        {
            if (((string?[])[reference.Location, reference.Source?.Location]).FirstOrDefault(l => l?.StartsWith(Scheme, StringComparison.Ordinal) == false) is { } folder)
                return $"the reference {reference.Name} lies at {folder}, which is a folder: on AWS a location is s3://bucket/prefix/";
            if (reference.Source is { Table: { } table, Stream: null })
                return $"the reference {reference.Name} comes from the table {table}, and nothing would tell of its changes: say its stream too, as source: {{table: {table}, stream: ARN}}";
        }
        foreach (DerivedTable table in lake.Tables ?? [])
        {
            if (table.Steps.FirstOrDefault(s => s is { Glue: null, Athena: null, Lambda: null }) is { } step)
                return $"the step {step.Name} of the table {table.Name} says what is done on one machine alone: say glue, athena or lambda beside `local`";
        }
        if (lake.Name.Length > LongestName)
            return $"the lake's name is longer than {LongestName} characters, and names of functions begin with it";
        // CloudFormation's rule for names of stacks, which begin with `Limpid-` here.
        if (!lake.Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            return $"the lake's name is {lake.Name}: on AWS it names the stack, which takes letters, digits and hyphens alone";
        if (lake.Mail.From == new MailRules().From)
            return "mail.from is missing: on AWS the sender's address has to be one that SES knows";
        return lake.Requesters.Any(r => r.Principal is not null)
            ? null
            : "no requester has a principal: nobody could ask for an erasure through the API";
    }
}
