using System.Runtime.CompilerServices;
using System.Text;

namespace Limpid.Local.StateMachines;

/// <summary>Rows of a CSV file (RFC 4180) as objects of strings.</summary>
internal static class CsvRows
{
    /// <param name="headers">The names of the columns; null: the first row has them.</param>
    public static async IAsyncEnumerable<JsonData> ReadAsync(
        Stream stream, char delimiter, IReadOnlyList<string>? headers, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var reader = new StreamReader(stream);
        while (await RowAsync(reader, delimiter, cancellation) is { } row)
        {
            if (headers is null)
                headers = row;
            else
                yield return JsonData.Object(headers.Select((h, i) => KeyValuePair.Create(h, JsonData.Of(i < row.Count ? row[i] : ""))));
        }
    }

    /// <summary>The next row that isn't empty; null at the end.</summary>
    private static async Task<List<string>?> RowAsync(StreamReader reader, char delimiter, CancellationToken cancellation)
    {
        string? line;
        do
        {
            line = await reader.ReadLineAsync(cancellation);
        }
        while (line is { Length: 0 });
        if (line is null)
            return null;
        var row = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
        for (int i = 0; ; i++)
        {
            if (i == line.Length)
            {
                if (!quoted)
                    break;
                // A quoted field goes on in the next line.
                line = await reader.ReadLineAsync(cancellation) ?? throw new InvalidDataException("a quoted field has no end.");
                field.Append('\n');
                i = -1;
            }
            else if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
                field.Append(line[i++]);
            else if (line[i] == '"' && (quoted || field.Length == 0))
                quoted = !quoted;
            else if (line[i] == delimiter && !quoted)
            {
                row.Add(field.ToString());
                field.Clear();
            }
            else
                field.Append(line[i]);
        }
        row.Add(field.ToString());
        return row;
    }
}
