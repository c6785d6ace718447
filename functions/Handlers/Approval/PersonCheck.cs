using Limpid.Core.Erasure;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Functions.Approvals;

/// <summary>Compares what somebody typed with a request's subject keys; keeps nothing.</summary>
internal sealed class PersonCheck(LakeConfig lake, SubjectHasher hasher)
{
    /// <summary>Whether an identifier of this kind is one of the request's.</summary>
    public bool IsOfRequest(ErasureRequest request, string kind, string identifier)
    {
        if (!lake.Kinds.TryGetValue(kind, out Kind? rules))
            return false;
        SubjectKey[] keys = hasher.KeysOf(kind, Identifier.FromText(rules, identifier));
        return request.Subject.Any(s => s.Kind == kind && s.Keys.Any(keys.Contains));
    }

    /// <summary>Whether a text holds one of the request's identifiers as a word, so that it may not be kept.</summary>
    public bool IsNamedIn(ErasureRequest request, string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(word => new[] { word, word.Trim('.', ',', ';', ':', '!', '?', '"', '\'', '(', ')', '<', '>', '[', ']') })
            .Append(text)
            .Where(word => word.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Any(word => request.Subject.Any(s => IsOfRequest(request, s.Kind, word)));
}
