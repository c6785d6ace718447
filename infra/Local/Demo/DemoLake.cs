using System.Globalization;

namespace Limpid.Local.Demo;

/// <summary>The demo's lake: orders (NDJSON), visits (gzipped NDJSON) and letters (CSV) of made-up people. It comes out the same each time.</summary>
internal static class DemoLake
{
    public const string Approver = "dpo@limpid.example";
    public const string Requester = "privacy-desk@limpid.example";

    public const string Yaml = """
        # A lake of made-up people. The README explains every line.
        lake: demo
        kinds:
          customer: {}
          email: {normalize: [trim, lower]}
        requesters:
          - {mail: privacy-desk@limpid.example}
        grace: 0s        # between the last yes and the first write; a real lake leaves a day to think again
        mail: {operators: [operators@limpid.example]}
        datasets:
          - name: orders
            location: orders/
            format: ndjson
            subjects: [{kind: customer, field: customer.id}]
            erase: blank
            approvers: [dpo@limpid.example]
          - name: visits
            location: visits/
            format: ndjson
            subjects: [{kind: customer, field: visitor}]
            erase: drop
            approvers: [dpo@limpid.example]
          - name: letters
            location: letters/
            format: csv
            subjects: [{kind: email, field: email}]
            erase: drop
            approvers: [dpo@limpid.example]

        """;

    private static readonly string[] Goods = ["tea", "a kite", "wool", "a lamp", "two spoons", "ink"];

    public static IReadOnlyList<DemoFile> Files()
    {
        var random = new Random(1);
        return
        [
            new DemoFile("orders/2026-09.ndjson", false, null, true, Rows(random, 60, 7000, Order)),
            new DemoFile("orders/2026-10.ndjson", false, null, true, Rows(random, 60, 7060, Order)),
            new DemoFile("visits/2026-09.ndjson.gz", true, null, false, Rows(random, 400, 0, Visit)),
            new DemoFile("visits/2026-10.ndjson.gz", true, null, false, Rows(random, 400, 400, Visit)),
            new DemoFile("letters/2026.csv", false, "email,name,text", false, Rows(random, 50, 0, Letter)),
        ];
    }

    private static DemoRow[] Rows(Random random, int count, int first, Func<Random, int, DemoPerson, string> write)
    {
        DemoPerson[] others = [.. DemoPeople.All.Where(p => p != DemoPeople.Leaving)];
        var rows = new DemoRow[count];
        for (int i = 0; i < count; i++)
        {
            // Twice in each file it is the one who leaves.
            DemoPerson person = i % (count / 2) == count / 4 ? DemoPeople.Leaving : others[random.Next(others.Length)];
            rows[i] = new DemoRow(write(random, first + i, person), person == DemoPeople.Leaving);
        }
        return rows;
    }

    private static string Order(Random random, int number, DemoPerson person) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"order":{{number}},"customer":{"id":{{person.Customer}},"name":"{{person.Name}}"},"goods":"{{Goods[random.Next(Goods.Length)]}}","price":{{random.Next(100, 9999) / 100.0}}}""");

    private static string Visit(Random random, int number, DemoPerson person) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"at":"2026-{{9 + number / 400:D2}}-{{1 + number % 400 / 14:D2}}T{{random.Next(24):D2}}:{{random.Next(60):D2}}:00Z","visitor":"{{person.Customer}}","page":"/{{Goods[random.Next(Goods.Length)].Replace(' ', '-')}}"}""");

    // A quoted field may hold commas and line breaks: such a row goes whole.
    private static string Letter(Random random, int number, DemoPerson person) =>
        $"{person.Mail},{person.Name},\"Dear shop, thank you for {Goods[random.Next(Goods.Length)]}.\nYours, {person.Name.Split(' ')[0]}\"";
}
