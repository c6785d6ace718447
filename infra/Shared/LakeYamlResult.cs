using System.Globalization;
using Limpid.Core.Lake;

namespace Limpid.Infra.Lake;

/// <summary>Something that is wrong with a <c>lake.yaml</c>.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">One line for people.</param>
internal sealed record LakeProblem(int Line, int Column, string Message);

/// <summary>What a <c>lake.yaml</c> says, or why it can't be used: exactly one of the two.</summary>
internal sealed record LakeYamlResult
{
    /// <summary>The name under which the text is known to people, such as <c>lake.yaml</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Null when there are <see cref="Problems"/>.</summary>
    public LakeConfig? Config { get; init; }

    /// <summary>In the order of the text.</summary>
    public IReadOnlyList<LakeProblem> Problems { get; init; } = [];

    /// <summary>
    /// What is right in the file, but out of reach on one machine: object tags, S3 locations. The local tool
    /// reports these as problems.
    /// </summary>
    public IReadOnlyList<LakeProblem> OutOfReachLocally { get; init; } = [];

    /// <summary>What is right in the file, but no place of a bucket: folders. Whoever works on S3 reports these as problems.</summary>
    public IReadOnlyList<LakeProblem> OutOfReachOnS3 { get; init; } = [];

    /// <summary>A problem as compilers print it, so that editors jump there: <c>lake.yaml(3,5): message</c>.</summary>
    public string Describe(LakeProblem problem) =>
        string.Create(CultureInfo.InvariantCulture, $"{Source}({problem.Line},{problem.Column}): {problem.Message}");
}
