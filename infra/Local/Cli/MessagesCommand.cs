using System.CommandLine;
using System.Globalization;
using Limpid.Local.Services;
using Limpid.Local.StateMachines;
using Spectre.Console;

namespace Limpid.Local.Cli;

/// <summary><c>limpid messages</c>: what state machines sent to topics, queues and event buses.</summary>
internal static class MessagesCommand
{
    private const int MostOfContent = 160;

    public static Command Create()
    {
        var lake = new LakeOptions();
        Option<bool> json = CommonOptions.Json();
        var to = new Option<string?>("--to") { Description = "Only those to this topic, queue or bus: its ARN, URL or name", HelpName = "NAME" };
        var command = new Command("messages", "Show what state machines sent to topics, queues and event buses") { to, lake, json };
        command.SetAction((parsed, _) => RunAsync(lake.Of(parsed).Folder, parsed.GetValue(to), parsed.GetValue(json), parsed.InvocationConfiguration.Output));
        return command;
    }

    private static async Task<int> RunAsync(LakeFolder folder, string? to, bool json, TextWriter output)
    {
        folder.ReadConfig();
        using var database = new ServicesDatabase(folder.State);
        IReadOnlyList<SentMessage> messages = MessageTasks.List(database, to);
        if (json)
        {
            await output.WriteLineAsync(CliJson.Write(JsonData.Array([.. messages.Select(m => m.ToJson())])));
            return ExitCode.Done;
        }
        if (messages.Count == 0)
        {
            await output.WriteLineAsync("There are no messages.");
            return ExitCode.Done;
        }
        Table table = Tables.New("sent", "by", "to", "*content");
        foreach (SentMessage message in messages)
        {
            string content = message.Content.Get("Message")?.Text ?? message.Content.Get("detail")!.ToString();
            table.AddRow(Tables.Cells(
                message.Sent.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), message.Service, message.TargetName,
                content.Length <= MostOfContent ? content : content[..MostOfContent] + "…"));
        }
        Tables.Write(output, table);
        return ExitCode.Done;
    }
}
