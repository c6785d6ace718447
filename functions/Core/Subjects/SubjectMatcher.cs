using Limpid.Core.Formats;

namespace Limpid.Core.Subjects;

/// <summary>
/// Tells the subject's rows. An identifier of a kind that the subject was not asked for by says nothing about a second person: a row
/// with <c>customer 5</c> and an e-mail address is one person's when only <c>customer 5</c> is to be erased. Thread-safe.
/// </summary>
public sealed class SubjectMatcher
{
    private readonly HashSet<SubjectKey> _keys;
    private readonly string[] _kinds;
    private readonly SubjectKey[]? _few;

    public SubjectMatcher(IReadOnlyList<SubjectIdentity> subject)
    {
        Subject = subject;
        _keys = [.. subject.SelectMany(identity => identity.Keys)];
        _kinds = [.. subject.Select(identity => identity.Kind).Distinct(StringComparer.Ordinal)];
        _few = _keys.Count <= 8 ? [.. _keys] : null;
    }

    public IReadOnlyList<SubjectIdentity> Subject { get; }

    /// <summary>Whether this identifier is one of the subject's: a key under any secret is enough.</summary>
    public bool IsSubject(RowPerson person)
    {
        foreach (SubjectKey key in person.Keys)
        {
            if (_few is null ? _keys.Contains(key) : _few.AsSpan().Contains(key))
                return true;
        }
        return false;
    }

    public RowMatch Match(ReadOnlySpan<RowPerson> people)
    {
        bool own = false;
        bool others = false;
        foreach (RowPerson person in people)
        {
            if (IsSubject(person))
                own = true;
            else
                others = others || IsKindOfSubject(person.Kind);
        }
        return !own ? RowMatch.None : others ? RowMatch.Shared : RowMatch.Own;
    }

    /// <summary>Whether somebody else is named by an identifier of a kind that the subject was asked for by.</summary>
    public bool NamesOthers(ReadOnlySpan<RowPerson> people)
    {
        foreach (RowPerson person in people)
        {
            if (IsKindOfSubject(person.Kind) && !IsSubject(person))
                return true;
        }
        return false;
    }

    private bool IsKindOfSubject(string kind)
    {
        foreach (string own in _kinds)
        {
            if (string.Equals(own, kind, StringComparison.Ordinal))
                return true;
        }
        return false;
    }
}
