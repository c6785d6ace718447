using System.Text.Json.Serialization;

namespace Limpid.Functions.Approvals;

/// <summary>What a browser sent, in a form that neither Kestrel nor API Gateway owns.</summary>
/// <param name="Method">In capitals.</param>
/// <param name="Path">Decoded, without the query, below the pages' own address: <c>/approvals/{link}</c>.</param>
/// <param name="Headers">Lower-case names; no more than <see cref="Wanted"/>.</param>
/// <param name="Form">Of a POST; empty else.</param>
internal sealed record PageRequest(
    string Method, string Path, IReadOnlyDictionary<string, string> Headers, IReadOnlyDictionary<string, string> Form)
{
    /// <summary>The headers that pages look at; an adapter passes no other on (<c>Host</c> least of all).</summary>
    public static readonly IReadOnlyList<string> Wanted = ["origin", "sec-fetch-site"];

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public string Field(string name) => Form.GetValueOrDefault(name) ?? "";
}

/// <param name="Body">UTF-8 HTML; an adapter leaves it out in the answer to a HEAD.</param>
internal sealed record PageResponse(int Status, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A path of the approvers' pages: <c>/approvals/{link}</c>, or with an action after it.</summary>
internal readonly record struct PageRoute(string Link, string Action)
{
    public const string Code = "code", Check = "check", Decision = "decision";

    public static PageRoute? Of(string path)
    {
        string[] parts = path.Split('/');
        return parts is ["", "approvals", { Length: > 0 and <= 64 } link, .. var rest] && rest.Length <= 1
            ? new(link, rest.Length == 0 ? "" : rest[0])
            : null;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PageRequest))]
[JsonSerializable(typeof(PageResponse))]
internal sealed partial class PageJson : JsonSerializerContext;
