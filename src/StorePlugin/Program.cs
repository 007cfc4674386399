// The program's door: a verb and its options, an exit code.
using StorePlugin;

return await Verbs.RunAsync(args);
