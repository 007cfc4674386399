// Holds questions to Shopify's Admin API, and their answers, to the official schema: one line of JSON in, one line out.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import * as gql from 'graphql';

const packed = new URL('node_modules/@shopify/dev-mcp/dist/data/admin_2026-10.json.gz', import.meta.url);
const introspection = JSON.parse(gunzipSync(readFileSync(packed))).data;
const schema = gql.buildClientSchema(introspection);
const access = accessOf(introspection.__schema);

// What Shopify's own scalars look like on the wire. The rest is taken as it comes.
const isText = value => typeof value === 'string';
const scalars = {
  DateTime: value => isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value)),
  Date: value => isText(value) && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)),
  Decimal: value => isText(value) && /^-?\d+(\.\d+)?$/.test(value),
  Money: value => isText(value) && /^-?\d+(\.\d+)?$/.test(value),
  UnsignedInt64: value => isText(value) && /^\d+$/.test(value),
  BigInt: value => isText(value) && /^-?\d+$/.test(value),
  URL: value => isText(value) && URL.canParse(value),
  HTML: isText,
  FormattedString: isText,
};
for (const [name, fits] of Object.entries(scalars)) {
  schema.getType(name).parseValue = value => {
    if (!fits(value)) {
      throw new gql.GraphQLError(`${name} cannot represent ${JSON.stringify(value)}`);
    }
    return value;
  };
}

const documents = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(judge(JSON.parse(line))) + '\n');
}

function judge({ document, variables, data }) {
  if (!documents.has(document)) {
    documents.set(document, read(document));
  }
  const known = documents.get(document);
  const errors = [...known.errors];
  if (known.operation && errors.length === 0) {
    if (variables !== undefined) {
      errors.push(...variableErrors(known.operation, variables ?? {}));
    }
    if (data !== undefined) {
      const root = schema.getRootType(known.operation.operation);
      errors.push(...objectErrors(data, root, [known.operation.selectionSet], known.fragments, 'data'));
    }
  }
  return { name: known.operation?.name?.value ?? null, errors, access: known.access };
}

function read(document) {
  let tree;
  try {
    tree = gql.parse(document);
  } catch (error) {
    return { errors: [error.message], access: [] };
  }
  const operations = tree.definitions.filter(one => one.kind === gql.Kind.OPERATION_DEFINITION);
  if (operations.length !== 1) {
    return { errors: [`There must be one operation, not ${operations.length}.`], access: [] };
  }
  const errors = gql.validate(schema, tree, [...gql.specifiedRules, gql.NoDeprecatedCustomRule], { maxErrors: 20 });
  const fragments = new Map(tree.definitions.filter(one => one.kind === gql.Kind.FRAGMENT_DEFINITION).map(one => [one.name.value, one]));
  return { operation: operations[0], fragments, errors: errors.map(one => one.message), access: accessOfDocument(tree) };
}

// The access that the fields of a document need, and the types that they give.
function accessOfDocument(tree) {
  const needed = new Map();
  const types = new gql.TypeInfo(schema);
  const add = name => access.has(name) && needed.set(name, access.get(name));
  gql.visit(tree, gql.visitWithTypeInfo(types, {
    Field() {
      if (types.getParentType() && types.getFieldDef()) {
        add(`${types.getParentType().name}.${types.getFieldDef().name}`);
        add(gql.getNamedType(types.getFieldDef().type).name);
      }
    },
    InlineFragment() {
      add(gql.getNamedType(types.getType())?.name);
    },
  }));
  return [...needed].map(([of, needs]) => ({ of, needs }));
}

function accessOf({ types }) {
  const all = new Map();
  for (const type of types) {
    if (type.requiredAccess) {
      all.set(type.name, type.requiredAccess);
    }
    for (const field of type.fields ?? []) {
      if (field.requiredAccess) {
        all.set(`${type.name}.${field.name}`, field.requiredAccess);
      }
    }
  }
  return all;
}

function variableErrors(operation, variables) {
  const definitions = operation.variableDefinitions ?? [];
  const declared = definitions.map(one => one.variable.name.value);
  const { errors } = gql.getVariableValues(schema, definitions, variables);
  return [
    ...(errors ?? []).map(one => one.message),
    ...Object.keys(variables).filter(name => !declared.includes(name)).map(name => `Variable "$${name}" is not declared.`),
    ...definitions.flatMap(one => deprecations(variables[one.variable.name.value], gql.typeFromAST(schema, one.type), `$${one.variable.name.value}`)),
  ];
}

// Coercion lets deprecated members of an input pass.
function deprecations(value, type, path) {
  const bare = gql.getNullableType(type);
  if (value === null || value === undefined) {
    return [];
  }
  if (gql.isListType(bare)) {
    return [value].flat().flatMap(item => deprecations(item, bare.ofType, path));
  }
  if (!gql.isInputObjectType(bare) || typeof value !== 'object') {
    return [];
  }
  return Object.entries(bare.getFields()).filter(([name]) => name in value).flatMap(([name, field]) => [
    ...(field.deprecationReason ? [`${path}.${name} is deprecated. ${field.deprecationReason}`] : []),
    ...deprecations(value[name], field.type, `${path}.${name}`),
  ]);
}

function valueErrors(value, type, selections, fragments, path) {
  if (gql.isNonNullType(type)) {
    return value === null ? [`${path} must not be null.`] : valueErrors(value, type.ofType, selections, fragments, path);
  }
  if (value === null) {
    return [];
  }
  if (gql.isListType(type)) {
    return Array.isArray(value)
      ? value.flatMap((item, i) => valueErrors(item, type.ofType, selections, fragments, `${path}[${i}]`))
      : [`${path} must be a list.`];
  }
  if (gql.isEnumType(type)) {
    return type.getValue(value) ? [] : [`${path}: ${JSON.stringify(value)} is no ${type.name}.`];
  }
  if (gql.isScalarType(type)) {
    return scalarErrors(value, type, path);
  }
  if (!gql.isAbstractType(type)) {
    return objectErrors(value, type, selections, fragments, path);
  }
  // Without its name it may be any of the types that the data fits.
  const possible = schema.getPossibleTypes(type);
  const tries = possible
    .filter(one => value.__typename === undefined || one.name === value.__typename)
    .map(one => objectErrors(value, one, selections, fragments, path));
  return tries.find(errors => errors.length === 0) ?? tries[0] ?? [`${path}: ${JSON.stringify(value.__typename)} is no ${type.name}.`];
}

function scalarErrors(value, type, path) {
  if (type.name === 'ID' && !(isText(value) && value.startsWith('gid://shopify/'))) {
    return [`${path}: ${JSON.stringify(value)} is no global id.`];
  }
  try {
    type.parseValue(value);
    return [];
  } catch (error) {
    return [`${path}: ${error.message}`];
  }
}

function objectErrors(value, type, selections, fragments, path) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${path} must be an object.`];
  }
  const asked = new Map();
  selections.forEach(set => collect(set, type, fragments, asked));
  const errors = Object.keys(value).filter(key => !asked.has(key)).map(key => `${path}.${key} was not asked for.`);
  for (const [key, fields] of asked) {
    const name = fields[0].name.value;
    if (value[key] === undefined) {
      errors.push(`${path}.${key} is missing.`);
    } else if (name === '__typename') {
      errors.push(...(value[key] === type.name ? [] : [`${path} is no ${value[key]}.`]));
    } else {
      errors.push(...valueErrors(value[key], type.getFields()[name].type, fields.map(one => one.selectionSet), fragments, `${path}.${key}`));
    }
  }
  return errors;
}

// The fields that are asked of an object of this type, by the key that each has in the answer.
function collect(set, type, fragments, asked) {
  for (const selection of set.selections) {
    if (selection.kind === gql.Kind.FIELD) {
      const key = (selection.alias ?? selection.name).value;
      asked.set(key, [...(asked.get(key) ?? []), selection]);
      continue;
    }
    const fragment = selection.kind === gql.Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
    const condition = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : type;
    if (condition === type || (gql.isAbstractType(condition) && schema.isSubType(condition, type))) {
      collect(fragment.selectionSet, type, fragments, asked);
    }
  }
}
