namespace Limpid.Local.Steps;

/// <summary>A step of a derived table did not do its work; says why in one line. Of the data it says no more than the command itself printed.</summary>
internal sealed class CommandFailedException(string why) : Exception(why);
