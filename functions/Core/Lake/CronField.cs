using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Limpid.Core.Lake;

/// <summary>One field of a cron expression: numbers, and of days the forms with <c>L</c>, <c>W</c> and <c>#</c> as they stand.</summary>
internal sealed class CronField
{
    private readonly HashSet<int> _numbers = [];
    private readonly List<string> _special = [];

    /// <summary>What only a calendar can tell.</summary>
    public IReadOnlyList<string> Special => _special;

    public bool Has(int number) => _numbers.Contains(number);

    /// <param name="names">Of the numbers from <paramref name="least"/> on.</param>
    /// <param name="isSpecial">Whether a part is of a form for days.</param>
    public static bool TryParse(string text, int least, int most, string[] names, Func<string, bool>? isSpecial, [NotNullWhen(true)] out CronField? field)
    {
        field = new CronField();
        foreach (string part in text.Split(','))
        {
            if (isSpecial?.Invoke(part) == true)
                field._special.Add(part);
            else if (!field.TryAdd(part, least, most, names))
                return false;
        }
        return true;
    }

    private bool TryAdd(string part, int least, int most, string[] names)
    {
        string[] stepped = part.Split('/');
        int step = 1;
        if (stepped.Length > 2 || stepped.Length == 2 && (!TryNumber(stepped[1], [], 0, out step) || step == 0))
            return false;
        int from = least, to = most;
        if (stepped[0] != "*")
        {
            string[] ends = stepped[0].Split('-');
            if (ends.Length > 2 || !TryNumber(ends[0], names, least, out from))
                return false;
            // 5/10 begins at 5 and goes on to the end.
            to = ends.Length == 1 ? stepped.Length == 2 ? most : from : TryNumber(ends[1], names, least, out int end) ? end : -1;
            if (from < least || from > most || to < least || to > most)
                return false;
        }
        // FRI-MON goes over the end of the week.
        int count = to >= from ? to - from : to - from + most - least + 1;
        for (int i = 0; i <= count; i += step)
            _numbers.Add((from + i - least) % (most - least + 1) + least);
        return true;
    }

    private static bool TryNumber(string text, string[] names, int least, out int number)
    {
        int named = Array.FindIndex(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        number = named + least;
        return named >= 0 || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
