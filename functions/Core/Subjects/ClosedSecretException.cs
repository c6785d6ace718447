namespace Limpid.Core.Subjects;

/// <summary>A function used a secret or key that it never said it needs, so that it was not opened. A fault of the program.</summary>
/// <param name="what"><c>the page secret</c>.</param>
public sealed class ClosedSecretException(string what) : InvalidOperationException($"{what} is not open here: the function's needs don't name it");
