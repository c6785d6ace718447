using System.Net.Http.Headers;
using System.Text;
using Amazon.Runtime;

namespace Limpid.Functions.Adapters.S3;

/// <summary>
/// The HTTP clients of an S3 client whose objects are rewritten (<c>AmazonS3Config.HttpClientFactory</c>). The SDK shows headers as
/// .NET understands them: of several values the first, directives in another order. Put back so, an object would lose
/// <c>Content-Encoding: gzip, br</c>. Here the answer to each HEAD carries them as they came, under a name that reads as metadata.
/// </summary>
internal sealed class S3HttpClients : HttpClientFactory
{
    private const string Carrier = "x-amz-meta-limpid-headers";

    private static readonly string[] Carried = ["Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires"];

    // A part of gigabytes takes S3 minutes to copy.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(14);

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
        new(new Carrying { InnerHandler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(15) } }) { Timeout = Longest };

    /// <summary>The headers by name, taken out of the metadata.</summary>
    /// <exception cref="InvalidOperationException">The client was made without this.</exception>
    public static IReadOnlyDictionary<string, string> TakeFrom(Amazon.S3.Model.MetadataCollection metadata)
    {
        string carried = metadata[Carrier] ?? throw new InvalidOperationException("the S3 client has to be made with S3HttpClients, or headers are lost in a rewrite");
        return Encoding.UTF8.GetString(Convert.FromBase64String(carried)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
    }

    /// <summary>The names of an object's own metadata.</summary>
    public static IEnumerable<string> KeysOf(Amazon.S3.Model.MetadataCollection metadata) => metadata.Keys.Where(key => key != Carrier);

    private sealed class Carrying : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            if (request.Method == HttpMethod.Head && response.IsSuccessStatusCode)
            {
                string lines = string.Concat(Carried.Select(name => RawOf(response, name) is { } value ? $"{name}:{value}\n" : ""));
                response.Headers.TryAddWithoutValidation(Carrier, Convert.ToBase64String(Encoding.UTF8.GetBytes(lines)));
            }
            return response;
        }

        private static string? RawOf(HttpResponseMessage response, string name) =>
            response.Headers.NonValidated.TryGetValues(name, out HeaderStringValues values) || response.Content.Headers.NonValidated.TryGetValues(name, out values)
                ? string.Join(", ", values)
                : null;
    }
}
