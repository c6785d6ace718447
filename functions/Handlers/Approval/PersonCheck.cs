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

    /// <summary>
    /// Whether a text holds one of the request's identifiers, so that it may not be kept: as a word, as some words in a row, between
    /// any signs, or encoded for an address. What is hashed can only be found whole, so that every place where it could begin and end
    /// is tried.
    /// </summary>
    public bool IsNamedIn(ErasureRequest request, string text)
    {
        string[] kinds = [.. request.Subject.Select(s => s.Kind).Distinct(StringComparer.Ordinal)];
        return new[] { text, Uri.UnescapeDataString(text) }
            .Distinct(StringComparer.Ordinal)
            .SelectMany(NameCandidates.In)
            .Distinct(StringComparer.Ordinal)
            .Any(candidate => kinds.Any(kind => IsOfRequest(request, kind, candidate)));
    }
}
