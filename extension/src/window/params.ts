import { isAbsolute } from "node:path";
import * as vscode from "vscode";
import { SessionctlError } from "../../../src/errors.ts";

export type Params = Readonly<Record<string, unknown>>;

/** The parameters of a method: an object, or none. */
export function paramsOf(value: unknown): Params {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Params;
  throw invalid("the parameters must be an object");
}

export function invalid(message: string): SessionctlError {
  return new SessionctlError("INVALID_ARGUMENT", message);
}

/**
 * Returns the file that `uri` or `path` names.
 *
 * @param value A URI, or an absolute path.
 */
export function fileUri(value: unknown, name: string): vscode.Uri {
  if (typeof value !== "string" || value === "") throw invalid(`${name} must be a path or a URI`);
  if (value.includes("\0")) throw invalid(`${name} has a NUL character`);
  if (isAbsolute(value)) return vscode.Uri.file(value);
  if (!/^[a-z][a-z0-9+.-]+:/i.test(value)) {
    throw invalid(`${name} must be an absolute path or a URI`);
  }
  return vscode.Uri.parse(value, true);
}

/** A number of at least 1; undefined if it is not given. */
export function positive(params: Params, name: string): number | undefined {
  const value = params[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
  throw invalid(`${name} must be a whole number of at least 1`);
}

/** The file in a method's parameters: `uri` or `path`; undefined if it has neither. */
export function optionalFile(params: Params): vscode.Uri | undefined {
  const name = params.uri === undefined ? "path" : "uri";
  return params[name] === undefined ? undefined : fileUri(params[name], name);
}

export function requiredFile(params: Params): vscode.Uri {
  const file = optionalFile(params);
  if (file) return file;
  throw invalid("uri or path is missing");
}
