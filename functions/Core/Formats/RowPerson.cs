using Limpid.Core.Subjects;

namespace Limpid.Core.Formats;

/// <summary>One identifier found in a row or standing for a whole object.</summary>
/// <param name="Kind">The kind's name, as in lake.yaml.</param>
/// <param name="Keys">
/// Under every live secret, the newest first. The same array instance for the same identifier while a scanner's cache holds it,
/// so that comparing references is a short cut but never the whole answer. Not to be written to.
/// </param>
public readonly record struct RowPerson(string Kind, SubjectKey[] Keys);
