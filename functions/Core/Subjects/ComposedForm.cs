using System.Text;

namespace Limpid.Core.Subjects;

/// <summary>
/// Unicode's normalisation form C (UAX 15). <see cref="string.Normalize()"/> hands back whatever it is given where globalization is
/// invariant, as it is in functions, and one person written in two ways would then be two.
/// </summary>
internal static partial class ComposedForm
{
    private const int HangulFirst = 0xAC00;
    private const int LeadFirst = 0x1100;
    private const int VowelFirst = 0x1161;
    private const int TrailBefore = 0x11A7;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Trails = 28;
    private const int Syllables = Leads * Vowels * Trails;

    private static readonly Dictionary<int, (int First, int Second)> Parts = [];
    private static readonly Dictionary<(int First, int Second), int> Composed = [];
    private static readonly Dictionary<int, int> Classes = [];

    static ComposedForm()
    {
        for (int i = 0; i < Compositions.Length; i += 3)
        {
            Parts.Add(Compositions[i], (Compositions[i + 1], Compositions[i + 2]));
            Composed.Add((Compositions[i + 1], Compositions[i + 2]), Compositions[i]);
        }
        for (int i = 0; i < Separations.Length; i += 3)
            Parts.Add(Separations[i], (Separations[i + 1], Separations[i + 2]));
        for (int i = 0; i < CombiningClasses.Length; i += 3)
        {
            for (int c = CombiningClasses[i]; c <= CombiningClasses[i + 1]; c++)
                Classes.Add(c, CombiningClasses[i + 2]);
        }
    }

    /// <summary>Surrogates without their other half become U+FFFD.</summary>
    public static string Of(string text)
    {
        // Nothing below U+0300 combines with or decomposes into anything else.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02ff'))
            return text;
        List<int> characters = [];
        foreach (Rune rune in text.EnumerateRunes())
            TakeApart(rune.Value, characters);
        Order(characters);
        Compose(characters);
        var composed = new StringBuilder(characters.Count);
        foreach (int character in characters)
            composed.Append(new Rune(character).ToString());
        return composed.ToString();
    }

    private static void TakeApart(int character, List<int> into)
    {
        int syllable = character - HangulFirst;
        if (syllable is >= 0 and < Syllables)
        {
            into.Add(LeadFirst + syllable / (Vowels * Trails));
            into.Add(VowelFirst + syllable % (Vowels * Trails) / Trails);
            if (syllable % Trails > 0)
                into.Add(TrailBefore + syllable % Trails);
            return;
        }
        if (!Parts.TryGetValue(character, out (int First, int Second) parts))
        {
            into.Add(character);
            return;
        }
        TakeApart(parts.First, into);
        if (parts.Second != 0)
            TakeApart(parts.Second, into);
    }

    private static void Order(List<int> characters)
    {
        for (int start = 0; start < characters.Count; start++)
        {
            if (ClassOf(characters[start]) == 0)
                continue;
            int end = start;
            while (end < characters.Count && ClassOf(characters[end]) != 0)
                end++;
            // A stable sort, and not by insertion: a text of nothing but accents must not take quadratic time.
            int[] ordered = [.. characters.GetRange(start, end - start).OrderBy(ClassOf)];
            for (int i = 0; i < ordered.Length; i++)
                characters[start + i] = ordered[i];
            start = end;
        }
    }

    private static void Compose(List<int> characters)
    {
        int starter = -1;
        int classBefore = 0;
        int written = 0;
        foreach (int character in characters.ToArray())
        {
            int own = ClassOf(character);
            bool adjacent = starter >= 0 && written == starter + 1;
            if (starter >= 0 && (adjacent || classBefore < own) && TryCompose(characters[starter], character, out int composed))
            {
                characters[starter] = composed;
                continue;
            }
            if (own == 0)
                starter = written;
            classBefore = own;
            characters[written++] = character;
        }
        characters.RemoveRange(written, characters.Count - written);
    }

    private static bool TryCompose(int first, int second, out int composed)
    {
        int lead = first - LeadFirst;
        int vowel = second - VowelFirst;
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels)
        {
            composed = HangulFirst + (lead * Vowels + vowel) * Trails;
            return true;
        }
        int syllable = first - HangulFirst;
        int trail = second - TrailBefore;
        if (syllable is >= 0 and < Syllables && syllable % Trails == 0 && trail is > 0 and < Trails)
        {
            composed = first + trail;
            return true;
        }
        return Composed.TryGetValue((first, second), out composed);
    }

    private static int ClassOf(int character) => Classes.GetValueOrDefault(character);
}
