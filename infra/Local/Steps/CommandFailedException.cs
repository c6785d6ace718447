namespace Limpid.Local.Steps;

/// <summary>A step of a derived table did not do its work; says why in one line. Says nothing of the data.</summary>
internal sealed class CommandFailedException(string why) : Exception(why);
