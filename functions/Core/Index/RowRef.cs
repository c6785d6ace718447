namespace Limpid.Core.Index;

/// <summary>Where a row stands in an object's decompressed content.</summary>
/// <param name="Line">The line on which it begins, from 0. A header, empty lines and the lines inside a quoted CSV field count.</param>
/// <param name="Offset">Of its first byte, from 0.</param>
/// <param name="Length">In bytes, without the line ending.</param>
public readonly record struct RowRef(long Line, long Offset, int Length);
