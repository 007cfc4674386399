// Tells how far the demo is: one line that changes on a terminal, plain lines elsewhere.
namespace StorePlugin.Demo;

internal sealed class Progress(TextWriter writer, bool terminal)
{
    private int _shown;

    /// <summary>A step that is worth a line of its own everywhere.</summary>
    public void Say(string text)
    {
        Clear();
        writer.WriteLine(text);
        writer.Flush();
    }

    /// <summary>A small step: it replaces the last one on a terminal, and is told elsewhere only where asked.</summary>
    public void Show(string text, bool elsewhere = false)
    {
        if (terminal)
        {
            Clear();
            writer.Write(text);
            writer.Flush();
            _shown = text.Length;
        }
        else if (elsewhere)
        {
            Say(text);
        }
    }

    private void Clear()
    {
        if (_shown > 0)
        {
            writer.Write($"\r{new string(' ', _shown)}\r");
            _shown = 0;
        }
    }
}
