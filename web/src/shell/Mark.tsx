/** The square in front of the town hall: its arch, and the paving before it. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg className="mark" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <rect className="mark__ground" width="32" height="32" rx="7" />
      <path className="mark__arch" d="M8 13a8 8 0 0 1 16 0v3h-4v-3a4 4 0 0 0-8 0v3H8z" />
      <path className="mark__paving" d="M8 18.5h7v5.5H8zM17 18.5h7v5.5h-7z" />
    </svg>
  );
}
