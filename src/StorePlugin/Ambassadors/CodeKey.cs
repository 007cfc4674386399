// How codes are compared.
using System.Text;

namespace StorePlugin.Ambassadors;

/// <summary>
/// The key of a code (rule T5): what shoppers type in different cases and widths is one code. The original spelling is
/// kept beside it.
/// </summary>
internal static class CodeKey
{
    /// <summary>Trimmed, NFKC, upper case and then lower case, which folds letters whose cases do not pair one to one.</summary>
    public static string Of(string code) =>
        code.Trim().Normalize(NormalizationForm.FormKC).ToUpperInvariant().ToLowerInvariant();
}
