// What SQL Server asks of a statement beyond its grammar and Babelfish does not, found from the text and the migrations' tables.
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace StorePlugin.Tests.Data;

/// <summary>
/// Two collations never meet, an aggregate holds no subquery, what is selected beside one is grouped, nothing is ordered twice
/// by the same, and the columns of a subquery have names.
/// </summary>
internal sealed class SqlServerBinder
{
    private readonly Dictionary<string, Dictionary<string, Kind>> _tables = new(StringComparer.OrdinalIgnoreCase);
    private List<string> _faults = [];

    /// <summary>How a value is compared.</summary>
    private enum Kind
    {
        /// <summary>As whatever it is compared with: a literal, a parameter, NULL.</summary>
        Any,

        /// <summary>As a number, or as bytes.</summary>
        Number,

        /// <summary>By the collation of the database.</summary>
        Plain,

        /// <summary>By the collation that the column names.</summary>
        Exact,
    }

    /// <summary>Learns the tables of a migration.</summary>
    public void Learn(TSqlStatement statement)
    {
        var (name, definition) = statement switch
        {
            CreateTableStatement table => (table.SchemaObjectName, table.Definition),
            AlterTableAddTableElementStatement table => (table.SchemaObjectName, table.Definition),
            _ => (null, null),
        };
        if (name is null)
        {
            return;
        }

        if (!_tables.TryGetValue(name.BaseIdentifier.Value, out var columns))
        {
            _tables[name.BaseIdentifier.Value] = columns = new Dictionary<string, Kind>(StringComparer.OrdinalIgnoreCase);
        }

        foreach (var column in definition!.ColumnDefinitions)
        {
            columns[column.ColumnIdentifier.Value] = column.Collation is not null ? Kind.Exact
                : ((SqlDataTypeReference)column.DataType).SqlDataTypeOption is SqlDataTypeOption.NVarChar or SqlDataTypeOption.VarChar ? Kind.Plain
                : Kind.Number;
        }
    }

    /// <summary>What SQL Server would refuse, in words.</summary>
    public IReadOnlyList<string> FaultsOf(TSqlStatement statement)
    {
        _faults = [];
        switch (statement)
        {
            case SelectStatement { WithCtesAndXmlNamespaces: null } select:
                Columns(select.QueryExpression, null);
                break;
            case InsertStatement { InsertSpecification.InsertSource: SelectInsertSource source }:
                Columns(source.Select, null);
                break;
            case InsertStatement { InsertSpecification.InsertSource: ValuesInsertSource source }:
                All(source.RowValues.SelectMany(row => row.ColumnValues), new Scope(null));
                break;
            case UpdateStatement { UpdateSpecification: { FromClause: null } update }:
                var updated = Of(update.Target);
                All(update.SetClauses.Cast<AssignmentSetClause>().Select(set => set.NewValue), updated);
                Check(update.WhereClause?.SearchCondition, updated);
                break;
            case DeleteStatement { DeleteSpecification: { FromClause: null } delete }:
                Check(delete.WhereClause?.SearchCondition, Of(delete.Target));
                break;
            default:
                _faults.Add($"{statement.GetType().Name} is not known here");
                break;
        }

        return _faults;
    }

    private Scope Of(TableReference target)
    {
        var scope = new Scope(null);
        Add(target, scope);
        return scope;
    }

    private void Add(TableReference reference, Scope scope)
    {
        switch (reference)
        {
            case NamedTableReference named when _tables.TryGetValue(named.SchemaObject.BaseIdentifier.Value, out var columns):
                scope.Tables.Add((named.Alias?.Value ?? named.SchemaObject.BaseIdentifier.Value, columns));
                break;
            case JoinTableReference join:
                Add(join.FirstTableReference, scope);
                Add(join.SecondTableReference, scope);
                Check((join as QualifiedJoin)?.SearchCondition, scope);
                break;
            case QueryDerivedTable derived:
                var found = Columns(derived.QueryExpression, scope.Outer);
                foreach (var nameless in found.Where(column => column.Name is null))
                {
                    Fault("a column of a subquery has no name", derived);
                }

                scope.Tables.Add((derived.Alias.Value, found.ToDictionary(column => column.Name ?? "", column => column.Kind, StringComparer.OrdinalIgnoreCase)));
                break;
            default:
                Fault("not known here", reference);
                break;
        }
    }

    private List<(string? Name, Kind Kind)> Columns(QueryExpression query, Scope? outer)
    {
        switch (query)
        {
            case QueryParenthesisExpression inner:
                return Columns(inner.QueryExpression, outer);
            case BinaryQueryExpression both:
                var (left, right) = (Columns(both.FirstQueryExpression, outer), Columns(both.SecondQueryExpression, outer));
                return [.. left.Zip(right, (one, other) => (one.Name, Met(both, one.Kind, other.Kind)))];
            case QuerySpecification select:
                return ColumnsOf(select, outer);
            default:
                Fault("not known here", query);
                return [];
        }
    }

    private List<(string? Name, Kind Kind)> ColumnsOf(QuerySpecification select, Scope? outer)
    {
        var scope = new Scope(outer);
        foreach (var table in select.FromClause?.TableReferences ?? [])
        {
            Add(table, scope);
        }

        var elements = select.SelectElements.Cast<SelectScalarExpression>().ToList();
        var columns = elements.ConvertAll(element => (
            element.ColumnName?.Value ?? (element.Expression as ColumnReferenceExpression)?.MultiPartIdentifier.Identifiers[^1].Value,
            KindOf(element.Expression, scope)));
        Check(select.WhereClause?.SearchCondition, scope);
        Check(select.HavingClause?.SearchCondition, scope);
        var grouped = (select.GroupByClause?.GroupingSpecifications ?? []).Cast<ExpressionGroupingSpecification>().Select(by => by.Expression).ToList();
        All(grouped, scope);
        var ordered = (select.OrderByClause?.OrderByElements ?? []).Select(by => TextOf(by.Expression)).ToList();
        if (ordered.Distinct(StringComparer.OrdinalIgnoreCase).Count() < ordered.Count)
        {
            Fault("ordered twice by the same", select.OrderByClause!);
        }

        var loose = new Loose(grouped.Select(TextOf));
        elements.ForEach(element => element.Accept(loose));
        select.HavingClause?.Accept(loose);
        if (loose.Sums || grouped.Count > 0)
        {
            _faults.AddRange(loose.Columns.Select(column => $"neither grouped nor summed: {column}"));
        }

        return columns;
    }

    private void Check(BooleanExpression? condition, Scope scope)
    {
        switch (condition)
        {
            case null:
                break;
            case BooleanBinaryExpression both:
                Check(both.FirstExpression, scope);
                Check(both.SecondExpression, scope);
                break;
            case BooleanParenthesisExpression inner:
                Check(inner.Expression, scope);
                break;
            case BooleanNotExpression not:
                Check(not.Expression, scope);
                break;
            case BooleanIsNullExpression isNull:
                KindOf(isNull.Expression, scope);
                break;
            case BooleanComparisonExpression compared:
                Met(compared, KindOf(compared.FirstExpression, scope), KindOf(compared.SecondExpression, scope));
                break;
            case LikePredicate like:
                Met(like, KindOf(like.FirstExpression, scope), KindOf(like.SecondExpression, scope));
                break;
            case InPredicate { Subquery: { } subquery } one:
                Met(one, KindOf(one.Expression, scope), KindOf(subquery, scope));
                break;
            case InPredicate one:
                Met(one, [KindOf(one.Expression, scope), .. one.Values.Select(value => KindOf(value, scope))]);
                break;
            case ExistsPredicate exists:
                Columns(exists.Subquery.QueryExpression, scope);
                break;
            default:
                Fault("not known here", condition);
                break;
        }
    }

    private Kind KindOf(ScalarExpression expression, Scope scope)
    {
        switch (expression)
        {
            case ColumnReferenceExpression { ColumnType: ColumnType.Wildcard } or IntegerLiteral:
                return Kind.Number;
            case ColumnReferenceExpression column:
                return scope.Find(column.MultiPartIdentifier.Identifiers) ?? Fault("no such column", column);
            case Literal or VariableReference:
                return Kind.Any;
            case ParenthesisExpression inner:
                return KindOf(inner.Expression, scope);
            case ScalarSubquery subquery:
                return Columns(subquery.QueryExpression, scope)[0].Kind;
            case CoalesceExpression coalesce:
                return Met(coalesce, [.. coalesce.Expressions.Select(value => KindOf(value, scope))]);
            case SearchedCaseExpression cases:
                foreach (var when in cases.WhenClauses)
                {
                    Check(when.WhenExpression, scope);
                }

                return Met(cases, [.. cases.WhenClauses.Select(when => KindOf(when.ThenExpression, scope)), Else(cases)]);
            case SimpleCaseExpression cases:
                Met(cases, [KindOf(cases.InputExpression, scope), .. cases.WhenClauses.Select(when => KindOf(when.WhenExpression, scope))]);
                return Met(cases, [.. cases.WhenClauses.Select(when => KindOf(when.ThenExpression, scope)), Else(cases)]);
            case CastCall { DataType: SqlDataTypeReference { SqlDataTypeOption: SqlDataTypeOption.BigInt } } cast:
                KindOf(cast.Parameter, scope);
                return Kind.Number;
            case CastCall { DataType: SqlDataTypeReference { SqlDataTypeOption: SqlDataTypeOption.VarChar } } cast:
                KindOf(cast.Parameter, scope);
                return Kind.Plain;
            case BinaryExpression both:
                return Met(both, KindOf(both.FirstExpression, scope), KindOf(both.SecondExpression, scope));
            case UnaryExpression signed:
                return KindOf(signed.Expression, scope);
            case FunctionCall call:
                var kinds = call.Parameters.Select(parameter => KindOf(parameter, scope)).ToArray();
                if (Loose.IsSum(call) && Loose.HasSubquery(call))
                {
                    Fault("an aggregate of a subquery", call);
                }

                return call.OverClause is not null || call.FunctionName.Value is "COUNT" or "SUM" ? Kind.Number
                    : call.FunctionName.Value is "REPLACE" ? Met(call, kinds)
                    : kinds[0];
            default:
                return Fault("not known here", expression);
        }

        Kind Else(CaseExpression cases) => cases.ElseExpression is { } other ? KindOf(other, scope) : Kind.Any;
    }

    private void All(IEnumerable<ScalarExpression> expressions, Scope scope)
    {
        foreach (var expression in expressions)
        {
            KindOf(expression, scope);
        }
    }

    private Kind Met(TSqlFragment where, params Kind[] kinds)
    {
        var told = kinds.Where(kind => kind != Kind.Any).Distinct().ToList();
        return told.Count switch
        {
            0 => Kind.Any,
            1 => told[0],
            _ => told.Contains(Kind.Number) ? Fault("text meets a number", where) : Fault("two collations meet", where),
        };
    }

    private Kind Fault(string what, TSqlFragment where)
    {
        _faults.Add($"{what}: {TextOf(where)}");
        return Kind.Any;
    }

    private static string TextOf(TSqlFragment fragment) =>
        string.Concat(fragment.ScriptTokenStream.Take(fragment.LastTokenIndex + 1).Skip(fragment.FirstTokenIndex).Select(token => token.Text));

    /// <summary>The tables that a name may mean, innermost first.</summary>
    private sealed class Scope(Scope? outer)
    {
        public Scope? Outer => outer;

        public List<(string Alias, Dictionary<string, Kind> Columns)> Tables { get; } = [];

        public Kind? Find(IList<Identifier> name)
        {
            var (alias, column) = (name.Count > 1 ? name[^2].Value : null, name[^1].Value);
            foreach (var (of, columns) in Tables)
            {
                if ((alias is null || alias.Equals(of, StringComparison.OrdinalIgnoreCase)) && columns.TryGetValue(column, out var kind))
                {
                    return kind;
                }
            }

            return outer?.Find(name);
        }
    }

    /// <summary>Finds columns that stand in no aggregate, in no subquery and in no group.</summary>
    private sealed class Loose(IEnumerable<string> grouped) : TSqlConcreteFragmentVisitor
    {
        private readonly HashSet<string> _grouped = new(grouped, StringComparer.OrdinalIgnoreCase);

        public bool Sums { get; private set; }

        public List<string> Columns { get; } = [];

        public static bool IsSum(FunctionCall call) => call.OverClause is null && call.FunctionName.Value is "COUNT" or "SUM" or "MIN" or "MAX";

        public static bool HasSubquery(FunctionCall call)
        {
            var finder = new Subqueries();
            call.AcceptChildren(finder);
            return finder.Found;
        }

        public override void ExplicitVisit(FunctionCall node)
        {
            if (IsSum(node))
            {
                Sums = true;
                return;
            }

            base.ExplicitVisit(node);
        }

        public override void ExplicitVisit(ColumnReferenceExpression node)
        {
            if (!_grouped.Contains(TextOf(node)))
            {
                Columns.Add(TextOf(node));
            }
        }

        public override void ExplicitVisit(ScalarSubquery node)
        {
        }

        private sealed class Subqueries : TSqlFragmentVisitor
        {
            public bool Found { get; private set; }

            public override void Visit(QuerySpecification node) => Found = true;
        }
    }
}
