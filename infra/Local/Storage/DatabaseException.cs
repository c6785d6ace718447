namespace Limpid.Local.Storage;

/// <summary>A database file that can't be used as it is: damaged, or written by a newer version. The message is one line and says what to do.</summary>
internal sealed class DatabaseException(string message, Exception? inner = null) : IOException(message, inner);
