using System.CommandLine;
using Limpid.Functions;
using Limpid.Local.Aws;

namespace Limpid.Local.Cli;

/// <summary>The options of every command that say which lake it is about, and where that stands.</summary>
internal sealed class LakeOptions
{
    private readonly Option<string> _lake = new("--lake") { Description = "The lake's folder, with lake.yaml at its root", HelpName = "DIR", DefaultValueFactory = _ => "." };

    private readonly Option<string?> _state = new("--state") { Description = "Where Limpid keeps its own, instead of .limpid in the lake (a local disk)", HelpName = "DIR" };

    private readonly Option<string?> _endpoint = new("--aws-endpoint")
    {
        Description = "Where S3 and DynamoDB are: the lake's locations are buckets there (AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL_DYNAMODB take one of them elsewhere)",
        HelpName = "URL",
    };

    public IEnumerable<Option> All => [_lake, _state, _endpoint];

    public bool IsGiven(ParseResult parsed) => parsed.GetResult(_lake) is { Implicit: false } || parsed.GetValue(_endpoint) is not null;

    public LakePlace Of(ParseResult parsed) => new(parsed.GetValue(_lake)!, parsed.GetValue(_state), parsed.GetValue(_endpoint));
}

internal static class LakeOptionsOfCommand
{
    /// <summary>For the initializer of a command.</summary>
    public static void Add(this Command command, LakeOptions lake)
    {
        foreach (Option option in lake.All)
            command.Options.Add(option);
    }
}

/// <param name="Root">The folder with lake.yaml.</param>
/// <param name="State">Of Limpid's own; null for the usual one.</param>
/// <param name="Endpoint">Of S3 and DynamoDB; null for a lake in the folder itself.</param>
internal sealed record LakePlace(string Root, string? State, string? Endpoint)
{
    /// <exception cref="BadInputException">There is no such folder.</exception>
    public LakeFolder Folder => LakeFolder.Of(Root, State, Endpoint is not null);

    /// <exception cref="BadInputException">Its address is none.</exception>
    public AwsEndpoint? OpenEndpoint() => Endpoint is null ? null : new AwsEndpoint(Endpoint, Environment.GetEnvironmentVariable);

    /// <param name="pagesUrl">Where the approver's pages are, unless lake.yaml says.</param>
    /// <exception cref="BadInputException">There is no lake, its lake.yaml is wrong, or the endpoint lacks something.</exception>
    public Task<LocalLake> OpenAsync(string pagesUrl, Action<WorkDone>? progress, CancellationToken cancellation) =>
        LocalLake.OpenAsync(Folder, OpenEndpoint(), null, pagesUrl, TimeProvider.System, progress, cancellation);
}
