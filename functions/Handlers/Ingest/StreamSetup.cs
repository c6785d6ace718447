using Limpid.Core.Ingest;
using Limpid.Core.Lake;
using Limpid.Core.Schemas;

namespace Limpid.Functions.Ingest;

/// <summary>A stream with everything that its configuration names.</summary>
internal sealed record StreamSetup(DataStream Stream, RowMaker Rows, IReadOnlyList<Reference> References)
{
    /// <exception cref="StreamHeldUpException">lake.yaml knows no such stream, or its schema did not come along.</exception>
    public static StreamSetup Of(LakeConfig lake, string name)
    {
        DataStream stream = lake.Streams?.FirstOrDefault(s => s.Name == name) ?? throw new StreamHeldUpException($"lake.yaml knows no stream {name}");
        string[] used = [.. stream.Enrich.Select(rule => rule.Reference).Distinct()];
        return new StreamSetup(
            stream, new RowMaker(stream, stream.Schema is { } schema ? Compile(schema) : null),
            [.. used.Select(reference => lake.References!.First(r => r.Name == reference))]);
    }

    private static JsonSchema Compile(StreamSchema schema) =>
        JsonSchema.Compile(StreamSchema.AddressOf(schema.File), schema.TextAt, out string problem) ?? throw new StreamHeldUpException(problem);
}
