import * as React from "react";

type Props = { title: string; open?: boolean };

/** A panel that folds. */
export const Panel: React.FC<Props> = ({ title, open = true }) => {
  const [shown, setShown] = React.useState(open);
  const toggle = () => setShown(!shown);
  return (
    <section onClick={toggle}>
      <h1>{title}</h1>
      {shown && <Body render={() => <p>text</p>} />}
    </section>
  );
};

function Body({ render }: { render: () => JSX.Element }) {
  return <div>{render()}</div>;
}

export default class Page extends React.Component<Props> {
  state = { n: 0 };

  render() {
    return <Panel title={this.props.title} />;
  }
}
