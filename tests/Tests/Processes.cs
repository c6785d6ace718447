namespace Limpid.Tests;

/// <summary>
/// Tests that start processes run by themselves: between the fork and the start of a child it holds every open file of this process,
/// locks among them, and a test beside it would find its own file in use.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Processes
{
    public const string Name = "processes";
}
