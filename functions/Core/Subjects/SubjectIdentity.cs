namespace Limpid.Core.Subjects;

/// <summary>One identifier of the person that a request is about. The identifier itself is not kept anywhere.</summary>
/// <param name="Kind">The kind's name, as in lake.yaml.</param>
/// <param name="Keys">Under every secret that was live when the request came in, the newest first.</param>
public sealed record SubjectIdentity(string Kind, IReadOnlyList<SubjectKey> Keys);
