using System.CommandLine;
using System.Globalization;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;
using Limpid.Functions;
using Limpid.Functions.Erasure;

namespace Limpid.Local.Cli;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print JSON for programs" };

    public static Option<string[]> Subjects() => new("--subject")
    {
        Description = "An identifier of the person, as KIND=ID; several are one person",
        HelpName = "KIND=ID",
        AllowMultipleArgumentsPerToken = false,
    };

    public static Option<string?> SubjectFile() => new("--subject-file")
    {
        Description = "Read identifiers from a file, a line each as KIND=ID; - is standard input (nothing in the shell's history)",
        HelpName = "FILE",
    };

    /// <exception cref="BadInputException">One of them is not KIND=ID, or there is none.</exception>
    public static IReadOnlyList<GivenIdentifier> ReadSubjects(string[]? given, string? file)
    {
        var lines = new List<string>(given ?? []);
        if (file is not null)
        {
            using TextReader reader = file == "-" ? Console.In : new StreamReader(OpenFile(file));
            while (reader.ReadLine() is { } line)
            {
                if (line.Length > 0)
                    lines.Add(line);
            }
        }
        if (lines.Count == 0)
            throw new BadInputException("name the person with --subject KIND=ID, or with --subject-file");
        return [.. lines.Select(Read)];
    }

    /// <exception cref="BadInputException">It is not there, or can't be read; says which.</exception>
    public static FileStream OpenFile(string file)
    {
        try
        {
            return File.OpenRead(file);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"there is no file {file}");
        }
        catch (UnauthorizedAccessException)
        {
            throw new BadInputException($"{file} can't be read: {(Directory.Exists(file) ? "it is a folder" : "the permission is missing")}");
        }
        catch (IOException broken)
        {
            throw new BadInputException($"{file} can't be read: {broken.Message}");
        }
    }

    /// <summary>Refuses identifiers that no lake.yaml rule speaks of, before anything is made in the lake.</summary>
    /// <exception cref="BadInputException">lake.yaml has no such kind; which one was given is not repeated, it may be an identifier.</exception>
    public static void RefuseUnknownKinds(IEnumerable<GivenIdentifier> given, LakeConfig lake)
    {
        if (given.Any(g => !lake.Kinds.ContainsKey(g.Kind)))
            throw new BadInputException($"a subject is of a kind that lake.yaml does not have; it has {string.Join(", ", lake.Kinds.Keys)}");
    }

    /// <summary>The keys of an identifier, of a kind that lake.yaml has.</summary>
    public static SubjectIdentity Hash(GivenIdentifier given, Ports ports) =>
        new(given.Kind, ports.Hasher.KeysOf(given.Kind, Identifier.FromText(ports.Lake.Kinds[given.Kind], given.Id)));

    public static DateOnly? ReadDate(string? text, string option) => text switch
    {
        null => null,
        _ when DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date) => date,
        _ => throw new BadInputException($"{option} takes a date as 2026-01-31"),
    };

    // The message must not repeat what was given: it may hold the identifier.
    private static GivenIdentifier Read(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? new GivenIdentifier(text[..equals], text[(equals + 1)..])
            : throw new BadInputException("a subject is given as KIND=ID, for example customer=15");
    }
}
