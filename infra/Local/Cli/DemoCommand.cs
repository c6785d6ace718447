using System.CommandLine;

namespace Limpid.Local.Cli;

internal static class DemoCommand
{
    public static Command Create() => new("demo", "Make a small lake of made-up people and take one of them through the whole flow");
}
