using System.Text.Json;
using Limpid.Core.Ports;

namespace Limpid.Tests.Contracts;

/// <summary>What every table that reference data are kept in promises to who reads it. Each implementation runs all of it.</summary>
public abstract class TableReaderContract
{
    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private protected abstract ITableReader Tables { get; }

    /// <summary>A table of its own for each test, with a key of <c>pk</c> and <c>sk</c>.</summary>
    private protected abstract Task<string> TableAsync();

    /// <param name="item">With the types of DynamoDB.</param>
    private protected abstract Task PutAsync(string table, string item);

    [Fact]
    public async Task An_item_is_an_object_with_plain_members()
    {
        string table = await TableAsync();
        await PutAsync(table, """{"pk":{"S":"soup"},"sk":{"S":"1"},"text":{"S":"\u00e9 \"\ud83d\ude00\""},"empty":{"S":""},"number":{"N":"-12.5"},"yes":{"BOOL":true},"no":{"BOOL":false},"nothing":{"NULL":true},"bytes":{"B":"AAEC"}}""");
        Assert.Equal(
            ["""{"bytes":"AAEC","empty":"","no":false,"nothing":null,"number":-12.5,"pk":"soup","sk":"1","text":"é \"😀\"","yes":true}"""], await ReadAsync(table));
    }

    // A double would round both.
    [Theory]
    [InlineData("12345678901234567890123456789012345678")]
    [InlineData("0.1234567890123456789012345678901234567")]
    [InlineData("0")]
    [InlineData("-1")]
    public async Task A_number_keeps_its_digits(string number)
    {
        string table = await TableAsync();
        await PutAsync(table, $$$"""{"pk":{"S":"a"},"sk":{"S":"1"},"n":{"N":"{{{number}}}"}}""");
        Assert.Equal([$$"""{"n":{{number}},"pk":"a","sk":"1"}"""], await ReadAsync(table));
    }

    [Fact]
    public async Task A_set_is_an_array_in_order_and_a_list_keeps_its_own()
    {
        string table = await TableAsync();
        await PutAsync(table, """
            {"pk":{"S":"a"},"sk":{"S":"1"},"ss":{"SS":["salt","bread","Bread","é"]},"ns":{"NS":["10","9","-1","9.5"]},"bs":{"BS":["Ag==","AQ=="]},
             "list":{"L":[{"S":"b"},{"N":"1"},{"L":[]},{"M":{"x":{"S":"y"}}},{"NULL":true}]},"map":{"M":{}}}
            """);
        Assert.Equal(
            ["""{"bs":["AQ==","Ag=="],"list":["b",1,[],{"x":"y"},null],"map":{},"ns":[-1,9,9.5,10],"pk":"a","sk":"1","ss":["Bread","bread","salt","é"]}"""], await ReadAsync(table));
    }

    [Fact]
    public async Task Every_item_comes_once_as_it_was_put_last()
    {
        string table = await TableAsync(), other = await TableAsync();
        await PutAsync(other, """{"pk":{"S":"a"},"sk":{"S":"1"}}""");
        // More than a page of a scan, which ends at a megabyte.
        string text = new('x', 25_000);
        for (int number = 0; number < 150; number++)
            await PutAsync(table, $$$"""{"pk":{"S":"k{{{number}}}"},"sk":{"S":"1"},"text":{"S":"{{{text}}}"},"n":{"N":"{{{number}}}"}}""");
        for (int number = 0; number < 150; number += 3)
            await PutAsync(table, $$$"""{"pk":{"S":"k{{{number}}}"},"sk":{"S":"1"},"n":{"N":"{{{number + 1000}}}"}}""");
        int[] read = [.. (await ReadAsync(table)).Select(item => JsonDocument.Parse(item).RootElement.GetProperty("n").GetInt32())];
        Assert.Equal(Enumerable.Range(0, 150).Select(number => number % 3 == 0 ? number + 1000 : number).Order(), read.Order());
    }

    [Fact]
    public async Task A_table_that_there_is_not_is_named() =>
        Assert.Equal("there is no table colours", (await Assert.ThrowsAsync<TableMissingException>(() => ReadAsync("colours"))).Message);

    /// <summary>Members in the order of their names.</summary>
    private async Task<string[]> ReadAsync(string table)
    {
        var items = new List<string>();
        await foreach (ReadOnlyMemory<byte> item in Tables.ScanAsync(table, Stop))
        {
            using JsonDocument read = JsonDocument.Parse(item);
            items.Add($"{{{string.Join(',', read.RootElement.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => $"\"{m.Name}\":{Plain(m.Value)}"))}}}");
        }
        return [.. items];
    }

    // Escapes are the writer's own affair.
    private static string Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => $"\"{value.GetString()!.Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Plain))}]",
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().Select(m => $"\"{m.Name}\":{Plain(m.Value)}"))}}}",
        _ => value.GetRawText(),
    };
}
