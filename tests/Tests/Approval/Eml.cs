using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Limpid.Tests.Approvals;

/// <summary>Reads a mail file, with no code of the writer's.</summary>
internal static partial class Eml
{
    public static string Header(string eml, string name)
    {
        string unfolded = FoldPattern().Replace(eml[..eml.IndexOf("\r\n\r\n", StringComparison.Ordinal)], " ");
        string value = unfolded.Split("\r\n").Single(l => l.StartsWith(name + ": ", StringComparison.Ordinal))[(name.Length + 2)..];
        return WordPattern().Replace(value.Replace("?= =?", "?==?", StringComparison.Ordinal), m => Encoding.UTF8.GetString(Convert.FromBase64String(m.Groups[1].Value)));
    }

    /// <summary>The decoded part of this type, its lines ending in LF, without the line break before the boundary.</summary>
    public static string Part(string eml, string type)
    {
        string boundary = "--" + BoundaryPattern().Match(eml).Groups[1].Value;
        string part = eml.Split(boundary).Single(p => p.StartsWith($"\r\nContent-Type: {type};", StringComparison.Ordinal));
        string body = part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..^2];
        var bytes = new List<byte>();
        string soft = body.Replace("=\r\n", "", StringComparison.Ordinal);
        for (int i = 0; i < soft.Length; i++)
        {
            if (soft[i] == '=')
            {
                bytes.Add(byte.Parse(soft.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
            {
                bytes.Add((byte)soft[i]);
            }
        }
        return Encoding.UTF8.GetString([.. bytes]).ReplaceLineEndings("\n");
    }

    [GeneratedRegex("\r\n[ \t]+")]
    private static partial Regex FoldPattern();

    [GeneratedRegex(@"=\?utf-8\?B\?([A-Za-z0-9+/=]*)\?=")]
    private static partial Regex WordPattern();

    [GeneratedRegex("boundary=\"([^\"]+)\"")]
    private static partial Regex BoundaryPattern();
}
