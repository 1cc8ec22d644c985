import type { z } from 'zod';
import type { CATALOGUE } from './catalogue.js';
import type { Envelope } from './spec.js';

type ParametersOf<Shape extends z.ZodRawShape> = keyof Shape extends never
  ? unknown
  : z.input<z.ZodObject<Shape>>;

type SpecOf<Fault> = Fault extends {
  type: infer Type extends string;
  params: infer Shape extends z.ZodRawShape;
}
  ? { type: Type } & Envelope & ParametersOf<Shape>
  : never;

/** Every fault as it may be asked for: its own parameters beside those of all. Read from the schemas that judge it. */
export type TypedSpec = SpecOf<(typeof CATALOGUE)[number]>;
