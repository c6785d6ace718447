namespace Limpid.Core.Subjects;

/// <summary>What a row has to do with the subject.</summary>
public enum RowMatch
{
    /// <summary>It does not name the subject.</summary>
    None,

    /// <summary>It names the subject, and by the subject's own kinds nobody else.</summary>
    Own,

    /// <summary>It names the subject and, by a kind that the subject is known by, somebody else.</summary>
    Shared,
}
