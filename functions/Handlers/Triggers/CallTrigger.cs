using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Amazon.Lambda.APIGatewayEvents;
using Limpid.Core.Erasure;
using Limpid.Functions.Erasure;

namespace Limpid.Functions.Triggers;

/// <summary>
/// A call through an HTTP API that IAM guards, or a plain one. The API says which principal called; that principal's mail address in
/// lake.yaml is who asks, and no principal asks in another's name.
/// </summary>
/// <param name="name">Of the function.</param>
/// <param name="caller">The member of the input that says who asks.</param>
/// <param name="problem">Why the call was refused, or null.</param>
internal sealed class CallTrigger<TIn, TOut>(
    string name, JsonTypeInfo<TIn> input, JsonTypeInfo<TOut> output, string caller, Func<TOut, string?> problem,
    Ports ports, Func<TIn, CancellationToken, Task<TOut>> handle)
{
    private static readonly Dictionary<string, string> Headers = new()
    {
        ["Content-Type"] = "application/json; charset=utf-8",
        ["Cache-Control"] = "no-store",
    };

    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        if (Json.Checked(name, () => Envelopes.Of(payload.Span)) == Envelope.Http)
            return await HandleAsync(HttpApi.Read(name, payload), cancellation);
        if (ports.CallersMustBeProven)
            throw new NotAuthorizedException($"{name} is called through the API, which says who calls");
        return JsonSerializer.SerializeToUtf8Bytes(await handle(Json.Read(name, payload.Span, input), cancellation), output);
    }

    private async Task<ReadOnlyMemory<byte>> HandleAsync(APIGatewayHttpApiV2ProxyRequest request, CancellationToken cancellation)
    {
        if (Principal.MailOf(request.RequestContext!.Authorizer?.IAM?.UserARN, ports.Lake) is not { } mail)
            return Refuse(403, "who calls is none of the requesters of lake.yaml");
        if (Read(request, mail, out string why) is not { } value)
            return Refuse(400, why);
        TOut result = await handle(value, cancellation);
        return problem(result) is { } refused
            ? Refuse(400, refused)
            : HttpApi.Answer(202, Headers, JsonSerializer.Serialize(result, output));
    }

    private TIn? Read(APIGatewayHttpApiV2ProxyRequest request, string mail, out string why)
    {
        why = "the body is not what this call takes";
        try
        {
            var body = JsonNode.Parse(HttpApi.Body(request), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
            if (body is null)
                return default;
            if (body[caller] is { } claimed && !(claimed.GetValueKind() == JsonValueKind.String && MailIdentity.AreSame(claimed.GetValue<string>(), mail)))
            {
                why = $"{caller} is somebody other than who calls";
                return default;
            }
            body[caller] = mail;
            foreach ((string member, string value) in request.PathParameters ?? new Dictionary<string, string>())
                body[member] = value;
            return body.Deserialize(input);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static byte[] Refuse(int status, string why) =>
        HttpApi.Answer(status, Headers, new JsonObject { ["problem"] = why }.ToJsonString());
}
