using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Functions.Partitions;
using Limpid.Functions.Refresh;

namespace Limpid.Functions.Adapters;

/// <summary>Where things are, as the CDK app says in the function's environment. Nothing in here is secret.</summary>
internal sealed record AwsSettings
{
    public const string LakeFile = "lake.json";

    public required LakeConfig Lake { get; init; }

    /// <summary>Of Limpid's own.</summary>
    public required AwsPlaces Places { get; init; }

    /// <summary>Bucket under Object Lock that keeps heads of the lake's audit chain; null where there is none.</summary>
    public string? AnchorsBucket { get; init; }

    /// <summary>Whether nothing may be erased, whatever was approved: the kill switch is on by the deployment.</summary>
    public bool OnlyObserves { get; init; }

    /// <summary>ARN of each state machine by the name of its file, <c>purge</c>.</summary>
    public required IReadOnlyDictionary<string, string> StateMachines { get; init; }

    /// <summary>KMS key, ECDSA P-256, that signs decisions and certificates.</summary>
    public required string SigningKey { get; init; }

    /// <summary>KMS key, symmetric, that the secrets are encrypted with.</summary>
    public required string SecretsKey { get; init; }

    /// <summary>Bucket of the encrypted secrets: neither the lake's nor the index's.</summary>
    public required string SecretsBucket { get; init; }

    /// <summary>SES configuration set; without one SES could rewrite links.</summary>
    public required string MailConfigurationSet { get; init; }

    /// <summary>Where the approvers' pages are, without a trailing slash.</summary>
    public required string PagesUrl { get; init; }

    /// <summary>Whether buckets stand in the path of a URL and not in its host: where <c>AWS_ENDPOINT_URL_S3</c> or <c>AWS_ENDPOINT_URL</c> names an endpoint that is not AWS's.</summary>
    public bool S3PathStyle { get; init; }

    /// <param name="environment">Looks a variable up.</param>
    /// <param name="folder">Where the package was unpacked: <c>lake.json</c> lies there.</param>
    /// <exception cref="MissingSettingException">Something is not said; names it.</exception>
    public static AwsSettings Read(Func<string, string?> environment, string folder)
    {
        LakeConfig lake = ReadLake(Path.Combine(folder, LakeFile));
        return new AwsSettings
        {
            Lake = lake,
            Places = AwsPlaces.Read(Required),
            StateMachines = ReadStateMachines(),
            SigningKey = Required("LIMPID_SIGNING_KEY"),
            SecretsKey = Required("LIMPID_SECRETS_KEY"),
            SecretsBucket = Required("LIMPID_SECRETS_BUCKET"),
            MailConfigurationSet = Required("LIMPID_MAIL_CONFIGURATION_SET"),
            PagesUrl = lake.Pages ?? Required("LIMPID_PAGES_URL").TrimEnd('/'),
            AnchorsBucket = environment("LIMPID_ANCHORS_BUCKET") is { Length: > 0 } anchors ? anchors : null,
            OnlyObserves = environment("LIMPID_ERASE") == "off",
            S3PathStyle = (environment("AWS_ENDPOINT_URL_S3") ?? environment("AWS_ENDPOINT_URL")) is { Length: > 0 },
        };

        Dictionary<string, string> ReadStateMachines()
        {
            var arns = new Dictionary<string, string> { ["purge"] = Required("LIMPID_PURGE_ARN"), ["approval"] = Required("LIMPID_APPROVAL_ARN") };
            // Only what refreshes begins the one, and only the hours the other.
            foreach ((string name, string variable) in new[] { (RefreshRuns.StateMachine, "LIMPID_REFRESH_ARN"), (HourBook.StateMachine, "LIMPID_BUCKET_ARN") })
            {
                if (environment(variable) is { Length: > 0 } arn)
                    arns[name] = arn;
            }
            return arns;
        }

        string Required(string name) => environment(name) is { Length: > 0 } value
            ? value
            : throw new MissingSettingException($"the environment variable {name} is not set");
    }

    private static LakeConfig ReadLake(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), LakeJson.Default.LakeConfig)
                ?? throw new MissingSettingException($"{LakeFile} says nothing");
        }
        catch (Exception bad) when (bad is JsonException or FileNotFoundException)
        {
            throw new MissingSettingException($"{LakeFile} is missing in the package, or is not the JSON form of a lake.yaml: {bad.Message}");
        }
    }
}

/// <summary>The function was put up without something that it needs.</summary>
internal sealed class MissingSettingException(string message) : Exception(message);
