namespace Limpid.Local.Home;

/// <summary>The user's configuration folder can't be used as it is. The message is one line and says what to do about it.</summary>
internal sealed class UnfitHomeException(string message, Exception? inner = null) : Exception(message, inner);
