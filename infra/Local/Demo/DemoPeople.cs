namespace Limpid.Local.Demo;

/// <summary>Somebody whom nobody could be: the demo's lake is about such people alone.</summary>
internal sealed record DemoPerson(int Customer, string Name)
{
    public string Mail => Name.ToLowerInvariant().Replace(' ', '.') + "@letterbox.example";
}

internal static class DemoPeople
{
    private static readonly string[] First = ["Pella", "Oris", "Wimsy", "Tarrabel", "Junix", "Mottle", "Fennimore", "Quillon", "Zephra", "Bodkin"];
    private static readonly string[] Last = ["Vantwhistle", "Quandleby", "Thistlewock", "Nobbinsworth", "Dapplecroft", "Umberfold"];

    public static IReadOnlyList<DemoPerson> All { get; } =
        [.. Last.SelectMany(_ => First, (last, first) => first + " " + last).Select((name, i) => new DemoPerson(101 + i, name))];

    /// <summary>The one who asks to be forgotten.</summary>
    public static DemoPerson Leaving => All[36];
}
