using Limpid.Core.Lake;
using Limpid.Infra.Lake;

namespace Limpid.Infra;

/// <summary>What is put up, as lake.yaml and the context say.</summary>
internal sealed record Deployment
{
    public required LakeConfig Lake { get; init; }

    /// <summary>Whether functions get the rights to overwrite and remove objects of the lake. The first deploy only observes.</summary>
    public bool Erases { get; init; }

    /// <summary>Whether the functions are compiled ahead of time, for <c>provided.al2023</c>; else they run on the managed <c>dotnet10</c>.</summary>
    public bool IsNative { get; init; }

    /// <summary>Whether X-Ray traces functions and workflows.</summary>
    public bool IsTraced { get; init; }

    /// <summary>Whether DynamoDB keeps every state of the last 35 days. Of the index that is a residual copy, so that only the state has it.</summary>
    public bool KeepsBackups { get; init; }

    /// <summary>Whether the sender's SES identity is there already, and no part of the stack.</summary>
    public bool HasMailIdentity { get; init; }

    /// <summary>How often the lake is listed whole, as EventBridge writes it: <c>rate(1 day)</c>.</summary>
    public required string Reconcile { get; init; }

    /// <summary>ARNs of the KMS keys that objects of the lake are encrypted with, and its streams and tables of reference data.</summary>
    public IReadOnlyList<string> LakeKeys { get; init; } = [];

    /// <summary>A folder that holds the functions' package already; null to publish one.</summary>
    public string? Package { get; init; }

    /// <summary>What every name begins with that has to be known before the thing is there.</summary>
    public string Prefix => $"limpid-{Lake.Name}";

    /// <param name="context">Looks a value of the context up; null where it is not set.</param>
    /// <exception cref="DeploymentException">Something is wrong or missing; says what, with its place.</exception>
    public static Deployment Read(Func<string, string?> context)
    {
        var deployment = new Deployment
        {
            Lake = ReadLake(context("lake") is { Length: > 0 } lake ? lake : LakeYaml.FileName),
            Erases = Flag("erase"),
            IsNative = Flag("native"),
            IsTraced = Flag("tracing"),
            KeepsBackups = Flag("backups", byDefault: true),
            HasMailIdentity = Flag("mailIdentityExists"),
            Reconcile = context("reconcile") is { Length: > 0 } rate ? rate : "rate(1 day)",
            LakeKeys = (context("lakeKeys") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Package = context("package") is { Length: > 0 } folder ? folder : null,
        };
        if (deployment.LakeKeys.FirstOrDefault(key => !key.StartsWith("arn:", StringComparison.Ordinal) || !key.Contains(":key/", StringComparison.Ordinal)) is { } other)
            throw new DeploymentException($"-c lakeKeys={other}: ARNs of keys (arn:...:key/...); IAM knows keys by no alias");
        return LakeReach.WhyNot(deployment.Lake) is { } why ? throw new DeploymentException(why) : deployment;

        bool Flag(string name, bool byDefault = false) => context(name)?.ToUpperInvariant() switch
        {
            null or "" => byDefault,
            "ON" or "TRUE" => true,
            "OFF" or "FALSE" => false,
            var said => throw new DeploymentException($"-c {name}={said}: on or off"),
        };
    }

    private static LakeConfig ReadLake(string file)
    {
        if (!File.Exists(file))
            throw new DeploymentException($"there is no {file}; say where the lake is described with -c lake=PATH");
        LakeYamlResult read = LakeYaml.ReadIn(Path.GetDirectoryName(Path.GetFullPath(file))!, File.ReadAllText(file), Path.GetFileName(file));
        return read.Config ?? throw new DeploymentException(string.Join(Environment.NewLine, read.Problems.Select(read.Describe)));
    }
}

/// <summary>It can't be put up like this; the message is for the operator.</summary>
internal sealed class DeploymentException(string message) : Exception(message);
