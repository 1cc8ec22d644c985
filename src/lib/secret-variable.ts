/** Where a provider's secret stands in the environment: `RINGER_SECRET_<PROVIDER>`. */
export function secretVariable(provider: string): string {
  return `RINGER_SECRET_${provider.toUpperCase().replaceAll('-', '_')}`;
}
