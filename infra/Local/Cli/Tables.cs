using System.Globalization;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary>Tables for people.</summary>
internal static class Tables
{
    /// <param name="columns">A name that begins with # is of numbers, set to the right; one that begins with * may wrap.</param>
    public static Table New(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in columns)
        {
            var header = new TableColumn(Markup.Escape(column.TrimStart('#', '*'))) { NoWrap = !column.StartsWith('*') };
            table.AddColumn(column.StartsWith('#') ? header.RightAligned() : header);
        }
        return table;
    }

    public static Markup[] Cells(params ReadOnlySpan<object?> values)
    {
        var cells = new Markup[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            string text = values[i] switch
            {
                null => "",
                long number => number.ToString("N0", CultureInfo.InvariantCulture),
                int number => number.ToString("N0", CultureInfo.InvariantCulture),
                IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
                { } value => value.ToString() ?? "",
            };
            cells[i] = new Markup(Markup.Escape(Printable.Of(text)));
        }
        return cells;
    }

    public static void Write(TextWriter output, Table table)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (Console.IsOutputRedirected)
            console.Profile.Width = 200;
        console.Write(table);
    }
}
