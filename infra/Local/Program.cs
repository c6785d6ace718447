using Limpid.Local.Cli;

return await LimpidCommand.RunAsync(args, Console.Out, Console.Error);
