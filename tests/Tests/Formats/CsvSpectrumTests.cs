using System.Text;
using System.Text.Json;
using Limpid.Core.Formats;

namespace Limpid.Tests.Formats;

/// <summary>Awkward CSV files that nobody here wrote, with the JSON they mean.</summary>
public class CsvSpectrumTests
{
    [Theory]
    [InlineData("comma_in_quotes")]
    [InlineData("empty")]
    [InlineData("empty_crlf")]
    [InlineData("escaped_quotes")]
    [InlineData("json")]
    [InlineData("location_coordinates")]
    [InlineData("newlines")]
    [InlineData("newlines_crlf")]
    [InlineData("quotes_and_newlines")]
    [InlineData("simple")]
    [InlineData("simple_crlf")]
    [InlineData("utf8")]
    public async Task Is_read_as_it_is_meant(string name)
    {
        byte[] content = await File.ReadAllBytesAsync(SharedData.Path("csv", "csv-spectrum", "csvs", $"{name}.csv"), TestContext.Current.CancellationToken);
        string json = await File.ReadAllTextAsync(SharedData.Path("csv", "csv-spectrum", "json", $"{name}.json"), TestContext.Current.CancellationToken);
        // Their JSON gives another telephone number than their CSV.
        json = json.Replace("1234567890", "2095257564", StringComparison.Ordinal);
        using var meant = JsonDocument.Parse(json);
        JsonElement[] rows = meant.RootElement.ValueKind == JsonValueKind.Array ? [.. meant.RootElement.EnumerateArray()] : [meant.RootElement];

        ScannedObject scanned = await Scans.ScanAsync(Scans.Csv(rows[0].EnumerateObject().First().Name), content);

        Assert.Equal((rows.Length, 0, null), (scanned.Report.Rows, scanned.Report.MalformedRows, scanned.Report.Unreadable));
        for (int i = 0; i < rows.Length; i++)
        {
            byte[] row = content[(int)scanned.Rows[i].Row.Offset..(int)(scanned.Rows[i].Row.Offset + scanned.Rows[i].Row.Length)];
            Assert.Equal(rows[i].EnumerateObject().Select(field => field.Value.GetString()), Fields(row));
            Assert.Equal([Scans.Key("customer", rows[i].EnumerateObject().First().Value.GetString()!)], scanned.Rows[i].Keys);
        }
    }

    private static string[] Fields(byte[] row)
    {
        var split = new CsvRow();
        Assert.Equal(CsvRowEnd.Found, split.Split(row, atEnd: true));
        byte[] scratch = [];
        List<string> fields = [];
        foreach (CsvField field in split.Fields)
        {
            CsvColumns.TryText(row, field, ref scratch, out ReadOnlySpan<byte> text);
            fields.Add(Encoding.UTF8.GetString(text));
        }
        return [.. fields];
    }
}
